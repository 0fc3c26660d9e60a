export { endProcesses, findGroups, type WantedProcesses } from './process-groups.js';
