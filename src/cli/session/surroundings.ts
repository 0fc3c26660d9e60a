import { isEvent, type AttachmentState, type ListenerPresence } from '../../client/index.js';
import type { EnvironmentRecord, Frame } from '../../protocol/index.js';
import { visibleLine } from '../text.js';

type Activity = 'ready' | 'busy' | 'asks';

/** Where the session is and what goes on there; the prompt says it. */
export class Surroundings {
  private readonly name: string;
  private directory: string;
  private doing: Activity = 'ready';
  private isConnected = true;
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

  get prompt(): string {
    const where = this.directory === '' ? this.name : `${this.name}:${this.directory}`;
    return `${visibleLine(where)} [${this.situation}]> `;
  }

  private get situation(): string {
    if (!this.isConnected) return 'reconnecting';
    return this.listener === 'linked' ? this.doing : this.listener;
  }

  learn(frame: Frame): void {
    if (isEvent(frame, 'update_device_status')) this.directory = frame.device_status.current_working_directory;
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
