/** By name: which bench, and its options; with `quick` so short that the figures prove nothing. */
export function runsOf(quick) {
  const latency = (options, seconds = 60) => ['latency', `${options} --seconds ${quick ? 5 : seconds}`];
  return {
    uplink20: latency('--mbit 20 --queue-ms 1000'),
    uplink100: latency('--mbit 100 --queue-ms 1000', 30),
    uplink5: latency('--mbit 5 --queue-ms 200', 30),
    loopback: latency('--mbit 0', 20),
    shared: latency('--mbit 20 --queue-ms 1000 --listeners 4 --arms split-watermark,split', 30),
    fairness: ['fairness', `--mbit 20 --queue-ms 1000 --seconds ${quick ? 5 : 20}`],
    throughput: ['throughput', quick ? '--rounds 1 --seconds 1' : '--rounds 7 --seconds 4'],
    memory: ['memory', `--pairs ${quick ? 500 : 5_000}`],
    load: [
      'load',
      quick
        ? '--listeners 300 --clients 300 --streams 100 --seconds 5'
        : '--listeners 5000 --clients 5000 --seconds 60',
    ],
    scale: [
      'scale',
      quick
        ? '--rounds 1 --seconds 1 --messages 2000 --environments 300 --pairs 60 --events 120'
        : '--rounds 3 --seconds 3 --messages 20000 --environments 2400',
    ],
    rolling: [
      'rolling',
      quick
        ? '--listeners 60 --clients 60 --streams 60 --seconds 3 --between 0'
        : '--listeners 300 --clients 300 --seconds 10 --between 15',
    ],
    emit: ['emit', quick ? '--rounds 1 --frames 20000' : '--rounds 7 --frames 100000'],
    console: ['console', quick ? '--rounds 2 --seconds 2' : '--rounds 15 --seconds 10'],
    journal: ['journal', quick ? '--rounds 1 --seconds 1' : '--rounds 3 --seconds 5'],
  };
}

/** Runs of the latency bench, as the page calls them. */
export const LATENCIES = {
  uplink20: '20 Mbit/s, a queue of 1 s',
  uplink100: '100 Mbit/s, a queue of 1 s',
  uplink5: '5 Mbit/s, a queue of 200 ms',
  loopback: 'Loopback, no bottleneck',
  shared: '20 Mbit/s, a queue of 1 s, four listeners that stream',
};
