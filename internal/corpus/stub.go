package main

var officeLibraries []Case
