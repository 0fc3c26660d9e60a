import { Type } from 'class-transformer';
import { IsInt, IsObject, IsString, ValidateNested } from 'class-validator';
import { DeviceCommand } from '../../src/commands/device-command.decorator.js';
import type { CommandContext, DeviceCommandOf } from '../../src/commands/device-command.js';
import { IsOmittable } from '../../src/commands/omittable.decorator.js';
import type { Frame, Runtime } from '../../src/protocol/index.js';
import type { LinkMonitor } from '../../src/transport/index.js';
import { type DeviceRooms, type DeviceRoomsSetup, startDeviceRooms } from './device-rooms.js';
import { ManualClock, settle } from './manual-clock.js';

class InnerDto {
  @IsInt()
  count!: number;
}

export class ProbeDto {
  @IsString()
  say!: string;

  @IsOmittable()
  @IsInt()
  times?: number;

  @IsObject()
  @ValidateNested()
  @Type(() => InnerDto)
  inner!: InnerDto;
}

/** Answers when told to, and keeps what it was asked. */
@DeviceCommand('probe', ProbeDto)
export class ProbeCommand implements DeviceCommandOf<ProbeDto> {
  readonly calls: {
    command: ProbeDto;
    context: CommandContext;
    resolve: (fields: object) => void;
    reject: (error: unknown) => void;
  }[] = [];

  handle(command: ProbeDto, context: CommandContext): Promise<object> {
    return new Promise((resolve, reject) => this.calls.push({ command, context, resolve, reject }));
  }

  call(n: number) {
    const call = this.calls[n];
    if (!call) throw new Error(`There is no call ${n}.`);
    return call;
  }
}

@DeviceCommand('slow_probe', ProbeDto, { deadlineMs: 90_000 })
class SlowProbeCommand extends ProbeCommand {}

@DeviceCommand('lasting_probe', ProbeDto, { holdsRuntime: false })
class LastingProbeCommand extends ProbeCommand {}

@DeviceCommand('reading_probe', ProbeDto, { access: 'read' })
class ReadingProbeCommand extends ProbeCommand {}

@DeviceCommand('terminal_input', ProbeDto)
class SilentCommand extends ProbeCommand {}

@DeviceCommand('read_file', ProbeDto)
export class OtherReadFile extends ProbeCommand {}

export const RESUMABLE: LinkMonitor = {
  current: { phase: 'ready', connectionId: 'conn-1', link: { kind: 'split', resumable: true } },
  async *states() {},
};

/** The dispatcher, with commands that the test answers, on a clock of the test's own. */
export class CommandBench {
  private constructor(
    readonly rooms: DeviceRooms,
    readonly clock: ManualClock,
    readonly probe: ProbeCommand,
    readonly silent: ProbeCommand,
    readonly reading: ProbeCommand,
  ) {}

  static async start(setup: DeviceRoomsSetup = {}): Promise<CommandBench> {
    const clock = new ManualClock();
    const [probe, silent, reading] = [new ProbeCommand(), new SilentCommand(), new ReadingProbeCommand()];
    const rooms = await startDeviceRooms({
      clock,
      ...setup,
      providers: [
        { provide: ProbeCommand, useValue: probe },
        SlowProbeCommand,
        { provide: SilentCommand, useValue: silent },
        { provide: ReadingProbeCommand, useValue: reading },
        LastingProbeCommand,
        ...(setup.providers ?? []),
      ],
    });
    return new CommandBench(rooms, clock, probe, silent, reading);
  }

  async dispatch(frame: Frame): Promise<void> {
    this.rooms.dispatcher.dispatch(frame);
    await settle();
  }
}

export const runtime = (conversation_id: string): Runtime => ({ agent_id: null, conversation_id });
export const probing = (fields: object = {}): Frame => ({
  type: 'probe',
  say: 'hello',
  inner: { count: 1 },
  ...fields,
});
