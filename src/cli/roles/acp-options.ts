import { type AcpOptions, CommandLineError, splitCommandLine } from '../../agents/index.js';
import { NEVER_GIVEN } from '../../permissions/index.js';
import { usageError } from '../cli.error.js';
import type { ListenSettings } from '../settings/listen.settings.js';

const ACP = 'acp';

/**
 * Options of the acp agent, for `ListenerModule`.
 *
 * @throws CliError when the agent is chosen and not named, or the other way round, or its command line cannot be read
 */
export function acpOptions(settings: ListenSettings): Partial<AcpOptions> {
  const { agent, agentCommand: command } = settings;
  if (agent === ACP && command === undefined)
    throw usageError(
      '--agent acp runs a program: name it with --agent-command (TWINLANE_AGENT_COMMAND), like "opencode acp".',
    );
  if (command === undefined) return {};
  if (agent !== ACP)
    throw usageError('--agent-command (TWINLANE_AGENT_COMMAND) goes with --agent acp; add it, or leave both out.');
  if (settings.agentEnv.includes(NEVER_GIVEN))
    throw usageError(
      `--agent-env (TWINLANE_AGENT_ENV): ${NEVER_GIVEN} is never given to an agent, which could act as this listener with it, or approve what it asks; leave it out.`,
    );
  try {
    splitCommandLine(command);
  } catch (error) {
    if (error instanceof CommandLineError) throw usageError(`--agent-command: ${error.message}`);
    throw error;
  }
  return {
    command,
    env: settings.agentEnv,
    ...(settings.agentAuth === undefined ? {} : { auth: settings.agentAuth }),
    startTimeoutMs: settings.agentStartTimeoutMs,
    cancelTimeoutMs: settings.agentCancelTimeoutMs,
    idleTimeoutMs: settings.agentIdleTimeoutMs,
    maxLineBytes: settings.agentMaxLineBytes,
  };
}
