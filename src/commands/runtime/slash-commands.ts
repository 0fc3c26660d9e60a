import { Injectable } from '@nestjs/common';
import type { Conversation } from '../../conversations/index.js';

/** What `execute_command` can run. */
export interface SlashCommand {
  /** One line for `help`. */
  readonly description: string;
  /** Returns the output; throws what is then shown as the reason of the failure. */
  run(conversation: Conversation, args: unknown): string | Promise<string>;
}

/**
 * The commands of `execute_command`, by id. A team adds its own from any provider that injects this.
 *
 * @publicApi
 */
@Injectable()
export class SlashCommands {
  private readonly commands = new Map<string, SlashCommand>();

  constructor() {
    this.add('help', { description: 'what can be run here', run: () => this.help() });
    this.add('status', {
      description: 'mode, working directory and state of this conversation',
      run: ({ mode, cwd, state, queue }) => `mode ${mode}, in ${cwd}, ${state.name}, ${queue.length} waiting`,
    });
  }

  /** Adds a command, or replaces the one of this id. */
  add(id: string, command: SlashCommand): void {
    this.commands.set(id, command);
  }

  find(id: string): SlashCommand | undefined {
    return this.commands.get(id);
  }

  private help(): string {
    return [...this.commands].map(([id, { description }]) => `/${id}: ${description}`).join('\n');
  }
}
