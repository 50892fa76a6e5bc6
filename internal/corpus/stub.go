package main

var officeDuplicates, officeLostUpdates, officeInserts, officeQuiet, officeLibraries []Case
