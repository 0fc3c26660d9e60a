/**
 * Read of one socket in one turn of the event loop (UTF-16 units of the messages). Node reads up to 2 MiB of what has come
 * before it looks at any other socket: commands and acknowledgements would wait for all of that. It reads 64 KiB at a time, of
 * which headers and the part of a message are no units: half of that ends the turn with the first of them.
 */
const READ_IN_ONE_TURN = 32 * 1024;

/** A socket of Node that can be told to wait. */
export interface PausableSocket {
  /** Stops reading. */
  pause(): void;
  resume(): void;
}

/** Lets the other sockets of a process have their turn. */
export class ReadBudget {
  /** In this turn. */
  private units = 0;
  /** Nobody takes what is read. */
  private isHeld = false;

  constructor(private readonly socket: PausableSocket) {}

  /** A message was read. */
  count(units: number): void {
    if (this.units === 0) setImmediate(nextTurn, this);
    const before = this.units;
    // Also an empty message is one.
    this.units += units + 1;
    if (before <= READ_IN_ONE_TURN && this.units > READ_IN_ONE_TURN) this.socket.pause();
  }

  /** Reads nothing more, until `letGo`. */
  hold(): void {
    this.isHeld = true;
    this.socket.pause();
  }

  letGo(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (this.units <= READ_IN_ONE_TURN) this.socket.resume();
  }

  /** A turn of the event loop is over. */
  nextTurn(): void {
    if (this.units > READ_IN_ONE_TURN && !this.isHeld) this.socket.resume();
    this.units = 0;
  }
}

/** One function for all sockets. */
function nextTurn(budget: ReadBudget): void {
  budget.nextTurn();
}
