// Two hosts and a slow, bufferbloated way from one to the other, out of network namespaces of this machine:
//
//   device  10.77.1.2  ->  router (rate limit, deep FIFO)  ->  relay  10.77.2.2
//
// Only device to relay is limited. The router is a host of its own, because a limit on the sender's own interface is felt by the
// sender's TCP at once (TCP small queues): no queue would build up, and there would be nothing to see.
import { execFileSync } from 'node:child_process';
import { atExit } from './at-exit.mjs';
import { progress } from './figures.mjs';

const PREFIX = 'twinlane-bench-';
const HOSTS = ['device', 'router', 'relay'];
const SUBNETS = { device: '10.77.1', relay: '10.77.2' };
/** Both hosts are this one, and nothing is slow. */
const LOOPBACK = { device: undefined, relay: undefined, relayAddress: '127.0.0.1' };
/** Bytes let through at once; more than one packet. */
const BURST = '32kbit';

/** What a bench runs over: a bottleneck, or loopback where `mbit` is 0. Ends this process where a bottleneck cannot be made. */
export function makeLink(options) {
  if (options.mbit === 0) return LOOPBACK;
  try {
    assertNamespaces();
  } catch (error) {
    progress(error.message);
    process.exit(1);
  }
  return makeBottleneck(options);
}

/** @throws Error that says what to do, where this machine or this user cannot do it */
function assertNamespaces() {
  const needs = 'A bottleneck is made of network namespaces; --mbit 0 measures over loopback without one.';
  if (process.getuid?.() !== 0) throw new Error(`${needs} Namespaces need root: run this again as root.`);
  for (const tool of ['ip', 'tc']) {
    try {
      execFileSync(tool, ['-V'], { stdio: 'ignore' });
    } catch {
      throw new Error(`${needs} "${tool}" is missing: install iproute2 (Debian: apt-get install iproute2).`);
    }
  }
}

/**
 * Makes the hosts; they go with this process. Their names hold its id, so that several benches run side by side.
 *
 * @param queueMs how long a byte waits in the router's queue when it is full
 */
function makeBottleneck({ mbit, queueMs, congestion }) {
  removeAbandoned();
  const host = Object.fromEntries(HOSTS.map((name) => [name, `${PREFIX}${process.pid}-${name}`]));
  for (const name of Object.values(host)) {
    ip('netns', 'add', name);
    atExit(() => ip('netns', 'del', name));
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  for (const [side, subnet] of Object.entries(SUBNETS)) {
    const port = `to-${side}`;
    ip('link', 'add', 'eth0', 'netns', host[side], 'type', 'veth', 'peer', 'name', port, 'netns', host.router);
    ip('-n', host[side], 'addr', 'add', `${subnet}.2/24`, 'dev', 'eth0');
    ip('-n', host.router, 'addr', 'add', `${subnet}.1/24`, 'dev', port);
    ip('-n', host[side], 'link', 'set', 'eth0', 'up');
    ip('-n', host.router, 'link', 'set', port, 'up');
    ip('-n', host[side], 'route', 'add', 'default', 'via', `${subnet}.1`);
    setKernel(host[side], 'tcp_congestion_control', congestion);
  }
  setKernel(host.router, 'ip_forward', '1');
  const shape = ['tbf', 'rate', `${mbit}mbit`, 'burst', BURST, 'latency', `${queueMs}ms`];
  run('tc', '-n', host.router, 'qdisc', 'add', 'dev', 'to-relay', 'root', ...shape);
  return {
    device: host.device,
    relay: host.relay,
    relayAddress: `${SUBNETS.relay}.2`,
    /** What the router let through and threw away so far. */
    stats() {
      const [queue] = JSON.parse(run('tc', '-n', host.router, '-s', '-j', 'qdisc', 'show', 'dev', 'to-relay'));
      return { bytes: queue.bytes, drops: queue.drops };
    },
  };
}

/** Hosts of benches that were killed and could not clean up. */
function removeAbandoned() {
  for (const [name] of ip('netns', 'list').matchAll(new RegExp(`^${PREFIX}\\d+-\\w+`, 'gm')))
    if (!isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) ip('netns', 'del', name);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function setKernel(host, name, value) {
  ip('netns', 'exec', host, 'sh', '-c', `echo ${value} > /proc/sys/net/ipv4/${name}`);
}

function ip(...args) {
  return run('ip', ...args);
}

function run(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
