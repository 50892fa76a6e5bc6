package budget

// fnvPrime mixes words that are hashes already, or fingerprints. Argument values are
// hashed with a seed instead.
const fnvPrime uint64 = 1099511628211
