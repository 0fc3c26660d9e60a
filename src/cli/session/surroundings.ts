import { isEvent, type AttachmentState, type ListenerPresence } from '../../client/index.js';
import type { EnvironmentRecord, Frame, QueueItem } from '../../protocol/index.js';
import { visibleLine } from '../text.js';
import { type KnownAgentStatus, readAgentStatus } from './agent-status.js';

type Activity = 'ready' | 'busy' | 'asks';

/** Where the session is and what goes on there; the prompt says it. */
export class Surroundings {
  private readonly name: string;
  private directory: string;
  private doing: Activity = 'ready';
  private isConnected = true;
  private modeNow: string | undefined;
  private waiting: readonly QueueItem[] = [];
  private agentStatus = readAgentStatus(undefined);
  private readonly deviceWatchers: (() => void)[] = [];
  /** As far as is known. */
  listener: ListenerPresence = 'linked';

  constructor({ connectionName, metadata }: EnvironmentRecord) {
    this.name = connectionName;
    const workspace = metadata?.['workspace'];
    this.directory = typeof workspace === 'string' ? workspace : '';
  }

  get activity(): Activity {
    return this.doing;
  }

  /** Where the conversation works; empty where a stock device has not said it yet. */
  get workingDirectory(): string {
    return this.directory;
  }

  /** The permission mode; undefined before the device has said it. */
  get mode(): string | undefined {
    return this.modeNow;
  }

  /** Inputs that wait for their turn. */
  get queue(): readonly QueueItem[] {
    return this.waiting;
  }

  /** What the agent has told of itself. */
  get agent(): KnownAgentStatus {
    return this.agentStatus;
  }

  get prompt(): string {
    const where = this.directory === '' ? this.name : `${this.name}:${this.directory}`;
    return `${visibleLine(where)} [${this.situation}]> `;
  }

  private get situation(): string {
    if (!this.isConnected) return 'reconnecting';
    return this.listener === 'linked' ? this.doing : this.listener;
  }

  /** Resolves when the device status shows an effect, or when the answer comes; rejects when that is an error. */
  async until(isSeen: () => boolean, answer: Promise<unknown>): Promise<void> {
    const shown = new Promise<void>((resolve) => {
      const look = (): void => {
        if (isSeen()) resolve();
        else this.deviceWatchers.push(look);
      };
      look();
    });
    await Promise.race([shown, answer]);
    // What comes after its effect was seen, such as that nobody answered, changes nothing.
    answer.catch(() => {});
  }

  learn(frame: Frame): void {
    if (isEvent(frame, 'update_device_status')) {
      const { current_working_directory, current_permission_mode, agent_status } = frame.device_status;
      this.directory = current_working_directory;
      this.modeNow = current_permission_mode;
      this.agentStatus = readAgentStatus(agent_status);
      for (const look of this.deviceWatchers.splice(0)) look();
    }
    if (isEvent(frame, 'update_queue')) this.waiting = frame.queue;
    if (isEvent(frame, 'update_loop_status')) this.doing = activityOf(frame.loop_status.status);
    if (isEvent(frame, 'turn_finished') && frame.stop_reason !== 'requires_approval') this.doing = 'ready';
  }

  link({ phase }: AttachmentState): void {
    this.isConnected = phase !== 'reconnecting';
  }
}

function activityOf(status: string): Activity {
  if (status === 'WAITING_ON_INPUT') return 'ready';
  return status === 'WAITING_ON_APPROVAL' ? 'asks' : 'busy';
}
