// For the programs of a bench: what they are to do, and messages with the bench.
export * from './messages.mjs';
export const config = JSON.parse(process.argv[2]);
