package main

var officeParents, officeTrees, officeWrites, officeDuplicates, officeLostUpdates, officeInserts, officeQuiet, officeLibraries []Case
