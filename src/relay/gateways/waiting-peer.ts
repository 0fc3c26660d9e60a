import type { Readable } from 'node:stream';

/**
 * The peer of a connection whose upgrade waits for its answer. One that has given up says so by the end of what it sends; nobody would
 * hear that before the socket is open, and until then it would be served like the others: homes move for it, histories are loaded. On a
 * busy machine those are many, and come before those who still wait.
 */
export class WaitingPeer {
  private isAdmitted = false;
  private hasLeft = false;

  constructor(private readonly connection: Readable) {
    connection.on('readable', this.look).on('end', this.left);
  }

  /** It is let in: from now on, and where it has left already, its connection ends when it leaves. Until here it is told what is refused. */
  admitted(): void {
    this.isAdmitted = true;
    if (this.hasLeft) this.connection.destroy();
  }

  /** Somebody else reads from now on. */
  letGo(): void {
    this.connection.off('readable', this.look).off('end', this.left);
  }

  /** Without somebody who waits for what can be read nobody is told of its end; nothing is read. */
  private readonly look = (): void => {};

  private readonly left = (): void => {
    this.hasLeft = true;
    if (this.isAdmitted) this.connection.destroy();
  };
}
