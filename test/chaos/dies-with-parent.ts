// Loaded before a program of the house: without it a run that is killed would leave the program behind.
process.on('disconnect', () => process.exit(1));
