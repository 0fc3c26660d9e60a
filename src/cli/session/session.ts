import { CommandError, TurnOutcomeUnknownError, type Attachment } from '../../client/index.js';
import type { EnvironmentRecord } from '../../protocol/index.js';
import { tellLinkNews, tellListenerNews } from '../attach/link-news.js';
import { inWords } from '../attach/listener-gone.js';
import { TurnRun } from '../attach/turn-run.js';
import { CliError } from '../cli.error.js';
import type { LineHistory } from '../data-dir/line-history.js';
import { EXIT } from '../exit-codes.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { visible } from '../text.js';
import { aborted } from '../waiting.js';
import { completeLine } from './commands/complete-line.js';
import { readCommandLine } from './commands/read-command-line.js';
import type { SessionCommand } from './commands/session-command.js';
import { SESSION_COMMANDS } from './commands/session-commands.js';
import { IdleWatch } from './idle-watch.js';
import { KeyAsker } from './key-asker.js';
import { PromptAsker } from './prompt-asker.js';
import { Surroundings } from './surroundings.js';
import type { Terminal } from './terminal.js';
import { TurnTicker } from './turn-ticker.js';

/** A person's session in one conversation: turn after turn, until they leave. */
export class Session {
  private readonly surroundings: Surroundings;
  /** Aborted when the session is over, whatever it waits for. */
  private readonly over = new AbortController();
  private exitCode: number = EXIT.OK;
  private failure: Error | undefined;
  /** Whether lines are kept for later sessions. */
  private remembers = true;
  private turns = 0;

  constructor(
    private readonly attachment: Attachment,
    private readonly environment: EnvironmentRecord,
    private readonly terminal: Terminal,
    private readonly history: LineHistory,
    private readonly approve: AttachSettings['approve'],
  ) {
    this.surroundings = new Surroundings(environment);
    terminal.complete = (line) => completeLine(line, this.parts);
  }

  /** @returns the exit code @throws DisconnectedError, TokenRefusedError when the relay is gone for good */
  async run(): Promise<number> {
    void this.followLink();
    void this.terminal.output.gone.then(() => this.leave(EXIT.NO_READER));
    while (!this.over.signal.aborted) {
      const line = await this.nextLine();
      if (line === undefined) break;
      await this.runTurn(line);
    }
    if (this.failure) throw this.failure;
    await this.sayHowToComeBack();
    return this.exitCode;
  }

  /** Ends the session from outside. */
  leave(exitCode: number): void {
    this.exitCode = exitCode;
    this.over.abort();
    this.attachment.close();
  }

  /** A line that cannot be kept is no reason not to run it. */
  private async remember(line: string): Promise<void> {
    if (!this.remembers) return;
    try {
      await this.history.add(line);
    } catch (error) {
      this.remembers = false;
      await this.terminal.output.line(
        `What you type is not kept from now on: ${visible(error instanceof Error ? error.message : String(error))}`,
      );
    }
  }

  /** Undefined when the session is over. */
  private async nextLine(): Promise<string | undefined> {
    const { attachment, terminal, surroundings } = this;
    const asker = new PromptAsker(terminal);
    const watch = new IdleWatch(attachment, terminal, surroundings, this.approve, asker);
    watch.follow().catch((error: unknown) => this.fail(error));
    try {
      for (;;) {
        const line = await terminal.readLine(surroundings.prompt, this.over.signal);
        if (typeof line !== 'string') {
          if (line) this.leave(line.left === 'ended' ? EXIT.OK : EXIT.ABORTED);
          return undefined;
        }
        const read = readCommandLine(
          line,
          SESSION_COMMANDS,
          surroundings.agent.commands.map(({ name }) => name),
        );
        if (read.kind === 'command') await this.runCommand(line, read.command, read.args);
        else if (read.kind === 'unknown') await terminal.output.line(noCommand(read.name));
        else if (asker.waiting) await asker.answer(line);
        else if (line.trim() !== '') {
          await this.remember(line);
          return read.text;
        }
      }
    } finally {
      await watch.stop();
    }
  }

  private get parts() {
    const { attachment, terminal, surroundings } = this;
    return { attachment, terminal, surroundings, commands: SESSION_COMMANDS };
  }

  /** Ctrl-C gives the prompt back, whatever the command waits for. */
  private async runCommand(line: string, command: SessionCommand, args: string): Promise<void> {
    const { output } = this.terminal;
    const interruption = new AbortController();
    const signal = AbortSignal.any([interruption.signal, this.over.signal]);
    this.terminal.interrupted = () => interruption.abort();
    await this.remember(line);
    try {
      await Promise.race([
        command.run(args, { ...this.parts, signal, leave: () => this.leave(EXIT.OK) }),
        aborted(signal),
      ]);
    } catch (failure) {
      if (this.over.signal.aborted) return;
      const error = inWords(failure, this.environment.connectionName);
      await output.line(visible(error instanceof Error ? error.message : String(error)));
    } finally {
      this.terminal.interrupted = () => {};
    }
  }

  private async runTurn(line: string): Promise<void> {
    const { attachment, terminal, approve, surroundings } = this;
    const { output, paint } = terminal;
    const interrupted = this.interruption();
    const ticker = new TurnTicker(terminal.statusLine, attachment.clock);
    try {
      const turn = await attachment.turn(line);
      this.turns++;
      if (turn.disposition === 'queued') await output.line('Queued behind the turn that runs.');
      const exitCode = await new TurnRun(attachment, turn, {
        stdout: output,
        stderr: output,
        paint,
        approve,
        asker: new KeyAsker(terminal),
        interrupted,
        saw: (frame) => {
          surroundings.learn(frame);
          ticker.learn(frame);
        },
      })
        .follow()
        .finally(() => ticker.stop());
      const isPlain = exitCode === EXIT.OK || exitCode === EXIT.APPROVAL_DENIED;
      if (turn.outcome && turn.outcome.stop_reason !== 'cancelled' && !isPlain)
        await output.line(`(exit code ${exitCode})`);
    } catch (failure) {
      if (this.over.signal.aborted) return;
      const error = inWords(failure, this.environment.connectionName);
      if (error instanceof CommandError || error instanceof CliError || error instanceof TurnOutcomeUnknownError)
        await output.line(visible(error.message));
      else this.fail(error);
    } finally {
      ticker.stop();
      terminal.interrupted = () => {};
    }
  }

  /** The first Ctrl-C of a turn aborts it, the second leaves; where the listener is away, the first. */
  private interruption(): Promise<void> {
    return new Promise((resolve) => {
      this.terminal.interrupted = () => {
        this.terminal.interrupted = () => this.leave(EXIT.ABORTED);
        if (this.attachment.presence !== 'linked') return this.leave(EXIT.ABORTED);
        resolve();
      };
    });
  }

  private fail(error: unknown): void {
    if (this.over.signal.aborted) return;
    this.failure = error instanceof Error ? error : new Error(String(error));
    this.over.abort();
  }

  private followLink(): Promise<void> {
    return tellLinkNews(this.attachment, this.terminal.output, (state) => {
      this.surroundings.link(state);
      if (state.phase === 'closed') {
        if (state.error) this.fail(state.error);
        return;
      }
      this.terminal.showPrompt(this.surroundings.prompt);
    });
  }

  /** Says whether the listener is there, from before the conversation is open. */
  followListener(): Promise<void> {
    const { connectionName } = this.environment;
    return tellListenerNews(this.attachment, connectionName, this.terminal.output, (presence) => {
      this.surroundings.listener = presence;
      this.terminal.showPrompt(this.surroundings.prompt);
    });
  }

  private async sayHowToComeBack(): Promise<void> {
    const { conversation_id: conversation } = this.attachment.runtime ?? {};
    if (this.turns > 0 && conversation !== undefined)
      await this.terminal.output.line(`To go on here: npx twinlane attach --conversation ${visible(conversation)}`);
  }
}

function noCommand(name: string): string {
  return `There is no command /${name}; /help shows what there is. To send it to the agent, type //${name}.`;
}
