import { DEFAULT_CHILD_ENV, MODE_RULES } from '../permissions/index.js';
import { ACCESSES, ERROR_CODES, PERMISSION_MODES } from '../protocol/index.js';
import { DEFAULT_DENY } from '../workspace/index.js';

const HEAD = `# Permissions

<!-- Generated from src/permissions/mode-rules.ts and the defaults beside it: \`npx vitest run src/cli -u\` writes this file anew. -->

What agents and clients may do on a device. Everything that touches the machine is one of three accesses: it *reads* files, *writes* files, or
*executes* programs. What does not say which counts as executing.

## Modes

The permission mode of a conversation says what a person is asked before its agent does it. \`--mode\` (\`TWINLANE_MODE\`, \`standard\` where it is not set) is
the mode of a new conversation; \`runtime_start\` and \`change_device_state\` set it for one, and it stays over restarts. \`/mode\` does so in
\`twinlane attach\`. The device status shows it (\`current_permission_mode\`), with the modes there are (\`supported_permission_modes\`).

A client's command is the wish of a person already, so nobody is asked: it is done, or refused with \`ACCESS_REFUSED\`.

| mode | an agent reads | writes | executes | a command reads | writes | executes |
|---|---|---|---|---|---|---|`;

const MODES = `- \`unrestricted\`: for a machine that may be lost, or a workspace in a container. Nobody is asked.
- \`acceptEdits\`: files are changed without a question, programs are not run.
- \`standard\`: an agent may look around; whatever changes something is asked.
- \`strict\`: nothing is read by an agent, changed or run without a question that a person has answered. Because a client's command asks none, those
  that write or execute are refused: have the agent do it, and approve it.

For a command that names a conversation in \`runtime\`, that conversation's mode counts; for any other the device's. \`twinlane attach\` and the client
library name the conversation that they follow in every command that writes or executes, unless they are told another one. What a command does
stands in [commands.md](commands.md). A question that was asked waits for its answer, also when the mode changes meanwhile.

| what an agent does | access |
|---|---|
| the shell agent runs a command line | execute |
| an ACP agent reads or searches, by itself or by asking the device for a file | read |
| an ACP agent edits, deletes or moves files, or has the device write one | write |
| an ACP agent runs something, opens a terminal, or does not say what it does | execute |

A mode guards against what an agent does by mistake. It does not guard against a client: whoever may steer a conversation may change its mode, so a
token is as good as a shell on the device.

## Approvals

A question is a \`control_request\`; it ends with one \`control_request_resolved\`, whose \`outcome\` is \`allow\`, \`deny\`, \`expired\` or \`turn_ended\`. With
\`--approval-timeout-ms\` (\`TWINLANE_APPROVAL_TIMEOUT_MS\`) one that nobody answers in time is \`expired\`: the agent is told that it was denied because nobody
answered, and a late answer gets \`ALREADY_ANSWERED\`. Where it is not set, questions wait as long as their turn.

## The workspace, and what is kept from everybody

Paths cannot leave the workspace (\`--workspace\`), by \`..\`, as an absolute path or through a link: \`PATH_REFUSED\`. Inside it, \`--deny\`
(\`TWINLANE_DENY\`) names what is neither read nor written nor listed, by clients and by agents that ask the device for files, in every mode:
\`PATH_DENIED\`. It counts by the name that was asked for and by that of the file behind links.

- A pattern is the name of a file or directory; what lies below a directory is denied with it. \`*\` stands for any characters of one name. Case does not count.
- A pattern of several names, \`config/secrets\`, matches wherever they follow each other.
- \`!\` in front makes an exception to the patterns before it. Below a denied directory there are none.
- \`default\` stands for the default, \`none\` for nothing: \`TWINLANE_DENY=default,*.sqlite\`, \`TWINLANE_DENY=default,!.env\`.

The default:`;

const ENVIRONMENT = `\`.git\` is there because who writes to it can have git run programs; git itself, and the commands for branches, use it as ever: of
what it is configured with, filters (Git LFS) run, and hooks do not.

Patterns bind what goes through the workspace. Programs that an agent or a terminal runs read what the user of the listener may read: that is what
questions are for. Where that is too much, run the listener as a user of its own, or in a container.

## The environment of programs

Processes of agents and terminals are given the variables that \`--child-env\` (\`TWINLANE_CHILD_ENV\`) names, and no others; never \`TWINLANE_TOKEN\`. \`*\`
stands for any characters, \`default\` for the default, \`none\` for nothing. \`TWINLANE_CHILD_ENV=default,MY_*\` adds to it. An ACP
agent is given beside these what \`--agent-env\` (\`TWINLANE_AGENT_ENV\`) names, which terminals are not: its keys; \`TWINLANE_TOKEN\` there stops the start.

The default:`;

const REFUSALS = `## What a refusal says

| code | meaning, and what to do |
|---|---|`;

const REFUSAL_CODES = [
  'ACCESS_REFUSED',
  'PATH_REFUSED',
  'PATH_DENIED',
  'MODE_UNKNOWN',
  'APPROVAL_NOT_ALLOWED',
] as const;

/** The text of `docs/permissions.md`. */
export function permissionsReference(): string {
  const modes = PERMISSION_MODES.map((mode) => {
    const { agent, command } = MODE_RULES[mode];
    return row(`\`${mode}\``, ...ACCESSES.map((access) => agent[access]), ...ACCESSES.map((access) => command[access]));
  });
  const refusals = REFUSAL_CODES.map((code) => row(`\`${code}\``, ERROR_CODES[code].message));
  return `${[
    [HEAD, ...modes].join('\n'),
    MODES,
    quoted(DEFAULT_DENY),
    ENVIRONMENT,
    quoted(DEFAULT_CHILD_ENV),
    [REFUSALS, ...refusals].join('\n'),
  ].join('\n\n')}\n`;
}

function quoted(items: readonly string[]): string {
  return `${items.map((item) => `\`${item}\``).join(', ')}.`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
