/** A terminal as a duplex stream of Web Streams: `const { readable, writable } = terminal.streams()`. */
export interface TerminalStreams {
  /** What it prints. Cancelled, the output is not read any more, and the terminal is held back. */
  readonly readable: ReadableStream<string>;
  /** What is typed into it. A write waits while no link is up; closed, it types nothing more, and the terminal lives on. */
  readonly writable: WritableStream<string>;
}

/** What prints, and is typed into. */
export interface Typed {
  readonly output: AsyncIterableIterator<string, undefined>;
  /** @returns false while no link is up */
  write(text: string): boolean;
  /** Resolves at the next link. @returns whether there is one: false once it has ended */
  linked(): Promise<boolean>;
}

/** Nothing is read ahead: what was not read waits on the device. */
export function terminalStreams({ output, write, linked }: Typed): TerminalStreams {
  const readable = new ReadableStream<string>(
    {
      async pull(controller) {
        const { done, value } = await output.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await output.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<string>({
    async write(text, controller) {
      while (!controller.signal.aborted && !write(text)) {
        if (!(await linked())) throw new TypeError('The terminal has ended; nothing can be typed into it.');
      }
    },
  });
  return { readable, writable };
}
