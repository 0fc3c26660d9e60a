// The side of a process that a bench has started: it ends with the bench, and answers what it asks.
process.once('disconnect', () => process.exit());
process.on('message', ({ ask }) => {
  if (ask === 'end') process.exit();
});

export function tell(message) {
  process.send?.(message);
}

/** What the bench asks, by name, is answered with what the function returns. */
export function answer(asks) {
  const reply = async ({ ask, ...fields }) => {
    if (ask in asks) tell({ [ask]: (await asks[ask](fields)) ?? true });
  };
  process.on('message', (message) => void reply(message));
}
