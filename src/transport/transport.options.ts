import { Type } from 'class-transformer';
import { IsBoolean, IsNotEmpty, IsString, ValidateNested } from 'class-validator';
import { Bytes, Milliseconds, SendWindowOptions, WholeNumber } from '../config/index.js';

/** Options of `TransportModule`. Times in ms, sizes in bytes. */
export class TransportOptions {
  @IsString()
  @IsNotEmpty()
  deviceId!: string;

  @IsString()
  @IsNotEmpty()
  connectionName!: string;

  /** One WebSocket upgrade ends within this time. Default: 15 s. */
  @Milliseconds({ min: 1 })
  upgradeDeadlineMs: number = 15_000;

  /** A socket of a paired generation receives its `listener_ready` within this time. Default: 15 s. */
  @Milliseconds({ min: 1 })
  readyDeadlineMs: number = 15_000;

  /** A `ping` on every socket this often. Default: 30 s (protocol section 2). */
  @Milliseconds({ min: 1 })
  heartbeatMs: number = 30_000;

  /** Heartbeats in a row without a `pong` after which a socket is dead. Default: 3 (protocol section 2). */
  @WholeNumber({ min: 1 })
  maxUnansweredHeartbeats: number = 3;

  /** After a sleep of the machine or a stall, heartbeats come this often until the first `pong`. Default: 5 s. */
  @Milliseconds({ min: 1 })
  wakeProbeMs: number = 5_000;

  /** Bytes that may wait in the buffer of one socket, also before its server has ever answered a ping. Default: 512 KiB (protocol section 5). */
  @Bytes()
  bufferBoundBytes: number = 512 * 1024;

  /** How much of one channel the server may not have read yet. On a plain link it is asked how far it is, and `ackIntervalMs` and `ackBytes` are not used. */
  @ValidateNested()
  @Type(() => SendWindowOptions)
  window: SendWindowOptions = new SendWindowOptions();

  /** Offers the server to compress messages of 1 KiB and more (permessage-deflate). Default: false. */
  @IsBoolean()
  deflate: boolean = false;

  /** Bytes of frames that are no events which `ChannelClient.send` keeps until the peer has them. Default: 32 MiB. */
  @Bytes()
  maxPendingBytes: number = 32 * 1024 * 1024;

  /** Least and most of the backoff between connects (full jitter). Default: 1 s and 30 s (protocol section 2). */
  @Milliseconds({ min: 1 })
  backoffMinMs: number = 1_000;

  @Milliseconds({ min: 1 })
  backoffMaxMs: number = 30_000;

  /** The backoff starts over once a link was ready this long. Default: 30 s (protocol section 2). */
  @Milliseconds({ min: 1 })
  backoffResetAfterMs: number = 30_000;

  /** How long stopping waits for frames on their way, then for the closing handshake. Default: 2 s. */
  @Milliseconds({ min: 0 })
  drainGraceMs: number = 2_000;
}
