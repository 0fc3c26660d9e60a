import { Command, CommanderError, Option } from 'commander';
import type { CliIo } from './cli-io.js';
import { EXIT } from './exit-codes.js';
import { onReaderLeft } from './output.js';
import { report } from './report.js';
import { envNameOf, flagOf, type CommandName } from './settings/setting.js';
import { SETTINGS } from './settings/settings.table.js';
import { version } from './version.js';

type Flags = Readonly<Record<string, unknown>>;

interface Entry {
  readonly summary: string;
  readonly details?: string;
  readonly arguments?: readonly [name: string, help: string];
  /** Loads what it needs only when it runs. */
  run(words: readonly string[], flags: Flags, io: CliIo): Promise<number>;
}

const ENTRIES: Readonly<Record<CommandName, Entry>> = {
  start: {
    summary: 'run a relay, and a listener for the current directory, in one process',
    run: async (_, flags, io) => (await import('./roles/start.command.js')).startCommand(flags, io),
  },
  relay: {
    summary: 'run a relay: the place where listeners and clients meet',
    run: async (_, flags, io) => (await import('./roles/relay.command.js')).relayCommand(flags, io),
  },
  listen: {
    summary: 'run a listener: serve a directory of this machine through a relay',
    run: async (_, flags, io) => (await import('./roles/listen.command.js')).listenCommand(flags, io),
  },
  attach: {
    summary: 'run one turn in an environment and show what it produces; at a terminal, without a text, a session',
    arguments: ['[text...]', 'what to do; where it is left out: standard input, or a session at a terminal'],
    details: [
      'Exit codes: 0 the turn ended, 1 it failed, 2 bad usage, 3 approval denied, 69 no relay or environment,',
      '77 token refused, or it may not do this, 130 aborted. Where a command ran and failed: its own.',
      '',
      'Examples:',
      '  twinlane attach -- "ls -la"',
      '  twinlane attach --approve always --environment laptop -- "npm test"',
      '  git diff --name-only | twinlane attach --approve always',
      '  twinlane attach --watch --environment laptop',
    ].join('\n'),
    run: async (words, flags, io) => (await import('./attach/attach.command.js')).attachCommand(words, flags, io),
  },
  environments: {
    summary: 'list the environments a relay knows; release or delete one, as an admin',
    arguments: ['[action...]', 'list (the default), release <id>, or delete <id>: with its history'],
    run: async (words, flags, io) =>
      (await import('./environments/environments.command.js')).environmentsCommand(words, flags, io),
  },
  tokens: {
    summary: 'make, list and revoke tokens: who may use this relay, and for what',
    arguments: ['[action...]', 'create <name>, list, or revoke <id>'],
    details: [
      'What a role and a scope mean: docs/security.md.',
      '',
      'Examples:',
      '  twinlane tokens create build-machine --role device --environments "ci-*"',
      '  twinlane tokens create ada --may-approve --expires 90d',
      '  twinlane tokens create dashboard --access watch',
      '  twinlane tokens revoke tok-0123456789abcdef',
    ].join('\n'),
    run: async (words, flags, io) => (await import('./tokens/tokens.command.js')).tokensCommand(words, flags, io),
  },
  organizations: {
    summary: 'make, list and delete organisations, as the operator of the relay',
    arguments: ['[action...]', 'create <id> [name], list, or delete <id>: with its tokens, environments and histories'],
    run: async (words, flags, io) =>
      (await import('./tokens/organizations.command.js')).organizationsCommand(words, flags, io),
  },
  nodes: {
    summary: 'list the processes that are a relay, as its operator',
    details: 'What nodes are: docs/scaling.md.',
    run: async (_, flags, io) => (await import('./nodes/nodes.command.js')).nodesCommand(flags, io),
  },
  audit: {
    summary: 'show who did what on a relay: for admins of an organisation, and for the operator',
    details: 'What is recorded, and what is not: docs/security.md.',
    run: async (_, flags, io) => (await import('./audit/audit.command.js')).auditCommand(flags, io),
  },
  health: {
    summary: 'say whether the relay or listener that runs here takes traffic',
    details: 'Exit codes: 0 it does, 1 not now, 69 nothing answers.',
    run: async (_, flags, io) => (await import('./health/health.command.js')).healthCommand(flags, io),
  },
  doctor: {
    summary: 'check the way to a relay step by step, and say what to do',
    details:
      'Exit codes: 0 all is well, 1 a step failed, 2 bad usage, 69 the relay cannot be reached, 77 token refused.',
    run: async (_, flags, io) => (await import('./doctor/doctor.command.js')).doctorCommand(flags, io),
  },
};

/**
 * Runs the command line.
 *
 * @param args without the interpreter and the script
 * @returns the exit code; everything is said by then
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = EXIT.OK;
  let hasReader = true;
  for (const stream of [io.stdout, io.stderr]) onReaderLeft(stream, () => (hasReader = false));
  const program = buildProgram(io, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode === EXIT.OK && !hasReader ? EXIT.NO_READER : exitCode;
  } catch (error) {
    // Commander has said what is wrong; its own code for help and version is 0, for mistakes it is 1.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    return report(error, io.stderr);
  }
}

/** @param done takes the exit code of the command that ran */
export function buildProgram(io: CliIo, done: (exitCode: number) => void): Command {
  const program = new Command('twinlane')
    .description('Steer agents that run somewhere else.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText(
      'after',
      '\nEvery option is an environment variable too: --foo-bar is TWINLANE_FOO_BAR, also in a file .env.',
    );
  for (const [name, entry] of Object.entries(ENTRIES)) addCommand(program, name as CommandName, entry, io, done);
  return program;
}

function addCommand(
  program: Command,
  name: CommandName,
  entry: Entry,
  io: CliIo,
  done: (exitCode: number) => void,
): void {
  const command = program
    .command(name)
    .summary(entry.summary)
    .description(`${capitalized(entry.summary)}.`);
  if (entry.arguments) command.argument(...entry.arguments);
  if (entry.details !== undefined) command.addHelpText('after', `\n${entry.details}`);
  for (const setting of SETTINGS) {
    if (!setting.commands.includes(name)) continue;
    const standard = setting.default === undefined ? '' : `; default: ${setting.default}`;
    command.addOption(new Option(flagOf(setting), `${setting.help} (${envNameOf(setting)}${standard})`));
  }
  command.allowExcessArguments(entry.arguments !== undefined);
  command.action(async () => done(await entry.run(command.args, command.opts(), io)));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
