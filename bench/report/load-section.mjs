import { table, thousands } from './report.mjs';

export function loadSection(report) {
  return report.section('load', 'All of them come back at once', (result) => {
    const { listeners, clients, streams, everyMs, bytes, commandsPerSecond, ours, bare } = result;
    const { opened, rest, before, back, after, events } = ours;
    const openedRow = (name, of) => [
      name,
      thousands(of.listenersPerSecond),
      thousands(of.clientsPerSecond),
      thousands(of.perListener.rss),
      thousands(of.perClient.rss),
      thousands(of.atRest.rssMiB),
    ];
    const openedRows = [openedRow('ours', opened), ...(bare ? [openedRow('bare', bare)] : [])];
    const openedHead = ['', 'listeners/s', 'clients/s', 'bytes/listener', 'bytes/client', 'all at rest, MiB'];
    const loadRow = (name, { eventsPerSecond, commands, eventDelay, cpuPercent, peak }) => [
      name,
      thousands(eventsPerSecond),
      commands.p50Ms,
      commands.p99Ms,
      eventDelay.p50Ms,
      eventDelay.p99Ms,
      cpuPercent,
      thousands(peak.rssMiB),
    ];
    const loadHead = ['', 'events/s', 'command p50 ms', 'p99', 'event p50 ms', 'p99', 'CPU %', 'most MiB'];
    const backHead = ['relay gone s', 'half back after s', '99 %', 'all', 'in the busiest second', 'attempts'];
    const backRow = [
      back.downS,
      back.backS.p50,
      back.backS.p99,
      back.backS.all,
      thousands(back.backInBusiestSecond),
      thousands(back.attempts),
    ];
    const about = `${thousands(listeners)} listeners and ${thousands(clients)} clients on one relay, two sockets each, each client at a listener of its own; ${thousands(streams)}
runtimes say ${bytes} bytes every ${thousands(everyMs)} ms, and ${commandsPerSecond} commands a second go to a listener and back. They are opened one after the other, by two processes on the same
cores; a listener also registers. Bytes are resident, and contain what a server learns once. At rest the relay uses ${rest.cpuPercent} % of one processor.`;
    const cut = `Then the relay is killed (\`kill -9\`) and started again at once; everybody comes back as listeners and clients do, with full jitter from 1 s up to 30 s
(reliability C25). Listeners go on saying things meanwhile, and each client checks the number of every event: of ${thousands(events.emitted)} events ${events.lost} were lost,
${events.repeated} came twice, ${events.toldMissing} were told as missing; ${events.unanswered} commands were under way when the relay was killed, and have no answer.`;
    return [
      about,
      table(openedHead, openedRows),
      table(loadHead, [loadRow('before', before), loadRow('after', after)]),
      cut,
      table(backHead, [backRow]),
    ].join('\n\n');
  });
}
