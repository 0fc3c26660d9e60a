/** Ask what this process has used since it was asked last: CPU time of all its threads, and of its event loop, in µs. */
export function startLoop() {
  let cpu = process.cpuUsage();
  let loop = performance.eventLoopUtilization();
  return () => {
    const used = process.cpuUsage(cpu);
    const { active } = performance.eventLoopUtilization(loop);
    cpu = process.cpuUsage();
    loop = performance.eventLoopUtilization();
    return { cpuUs: used.user + used.system, loopUs: active * 1_000 };
  };
}
