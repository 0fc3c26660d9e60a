import type { RewindFrame } from '../../protocol/index.js';

/** Resolves once this side is responsible for a frame, and its sender need not keep it; undefined: it is already. */
export type Responsibility = Promise<void> | undefined;

/** The ready link of a device, as routing sees it: one value per pair of sockets, or per single socket. */
export interface DeviceLink {
  readonly lease: string;
  /** Which process of the listener this is; stock listeners do not say. */
  readonly processInstanceId: string | undefined;
  /** Whether the device numbers its events per runtime (`metadata.eventSeqScope: "runtime"`). */
  readonly namesEvents: boolean;
  /** Whether the device answers `input` and `sync` (`metadata.environmentMessageProtocol`); stock 0.25 is silent. */
  readonly answersInput: boolean;
  readonly kind: 'split' | 'legacy';
  /** Whether both ends number their frames, and say for which of them they are responsible (protocol section 5). */
  readonly resumable: boolean;
  /**
   * Sends a command: on control, or on the only socket.
   *
   * @param safe told once the listener is responsible for it; only on a resumable link
   */
  send(frame: object, safe?: () => void): void;
  /**
   * Asks the device to go on after an event; on stream, and only on a resumable link.
   *
   * @returns resolves when it is on its way, before any acknowledgement that is sent from then on; never when the link ends first
   */
  rewind(frame: RewindFrame): Promise<void>;
  close(code: number, reason: string): void;
}
