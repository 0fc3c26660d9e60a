export type { CliIo } from './cli-io.js';
export { runCli } from './program.js';
