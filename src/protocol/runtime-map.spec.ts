import { describe, expect, it } from 'vitest';
import { RuntimeMap } from './runtime-map.js';

describe('RuntimeMap', () => {
  it('keeps runtimes apart by both of their ids', () => {
    const map = new RuntimeMap<string>();
    map.set({ agent_id: 'a', conversation_id: 'c' }, 'ac');
    map.set({ agent_id: null, conversation_id: 'c' }, 'c');
    map.set({ agent_id: 'a', conversation_id: 'd' }, 'ad');
    map.set({ agent_id: 'a', conversation_id: 'c' }, 'ac again');
    expect(map.get({ agent_id: 'a', conversation_id: 'c' })).toBe('ac again');
    expect(map.get({ agent_id: null, conversation_id: 'c' })).toBe('c');
    expect(map.get({ agent_id: 'null', conversation_id: 'c' })).toBeUndefined();
    expect([...map.values()].toSorted()).toEqual(['ac again', 'ad', 'c']);
    map.delete({ agent_id: null, conversation_id: 'c' });
    map.delete({ agent_id: 'a', conversation_id: 'd' });
    expect([...map.values()]).toEqual(['ac again']);
  });
});
