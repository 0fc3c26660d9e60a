import { table, thousands } from './report.mjs';

export function rollingSection(report) {
  return report.section('rolling', 'A rolling restart under load', (result) => {
    const { nodes, listeners, clients, streams, everyMs, bytes, commandsPerSecond, restPerSecond } = result;
    const { choose, drainDelayMs, betweenS, before, restarts, after, totals } = result;
    const about = `${thousands(listeners)} listeners and ${thousands(clients)} clients on ${nodes} nodes, NATS, a balancer and the bench on the same two cores; ${thousands(streams)} runtimes
say ${bytes} bytes every ${thousands(everyMs)} ms, ${commandsPerSecond} commands a second go to a listener and back, and ${restPerSecond} requests a second come over REST: environments, runtimes, messages, registrations.
${HOW[choose]} Each node is ended with SIGTERM (\`TWINLANE_DRAIN_DELAY_MS=${drainDelayMs}\`) and started again, the next one ${betweenS} s after everybody is back. Whose node ends loses its
sockets (1012) and comes back with full jitter, up to 1 s at first and up to twice as long each time, because 30 s would have to lie between for the backoff to
begin anew; what is asked or said meanwhile waits so long.`;
    const rows = [['before', before], ...restarts.map((figures) => [figures.node, figures]), ['after', after]];
    const times = ({ p50Ms, p99Ms, maxMs }) => [p50Ms, p99Ms, thousands(maxMs)];
    const waits = table(
      ['', 'command p50 ms', 'p99', 'longest', 'event p50 ms', 'p99', 'longest', 'REST p99 ms', 'longest'],
      rows.map(([name, { commands, eventDelay, rest }]) => [
        name,
        ...times(commands),
        ...times(eventDelay),
        rest.p99Ms,
        thousands(rest.maxMs),
      ]),
    );
    const back = table(
      [
        '',
        'ended after s',
        'there again',
        'links that came again',
        'away p50 s',
        'longest',
        'all back after s',
        'closed with',
      ],
      restarts.map(({ node, endedS, againS, came, awayS, allBackS, causes }) => [
        node,
        endedS,
        againS,
        came,
        awayS.p50,
        awayS.max,
        allBackS,
        Object.entries(causes)
          .map(([cause, times]) => `${cause}: ${times}`)
          .join(', '),
      ]),
    );
    const found = `Of ${thousands(totals.requests)} requests ${totals.failedRequests} failed, of ${thousands(totals.commands)} commands ${totals.failedCommands}, of
${thousands(totals.emitted)} events ${totals.lost + totals.missing} were lost and ${totals.repeated} came twice; ${totals.toldMissing} were told as missing (\`resume_gap\`), and ${totals.unrecovered} times a client heard \`recovered: false\`.`;
    return [about, waits, back, found].join('\n\n');
  });
}

/** By how the balancer chooses. */
const HOW = {
  turns:
    'The balancer gives each connection to the next node, so that most sockets are at another node than their home.',
  environment: 'The balancer gives all sockets of an environment to the same node.',
};
