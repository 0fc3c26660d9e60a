/** An error and what caused it, outermost first. Node's fetch hides what happened in `cause`, several attempts in `errors`. */
export function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error;) {
    chain.push(cause);
    cause = cause.cause ?? (cause instanceof AggregateError ? cause.errors[0] : undefined);
  }
  return chain;
}
