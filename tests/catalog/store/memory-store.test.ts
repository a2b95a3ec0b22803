import { MemoryStore } from '../../support/memory-store.ts';
import { testObjectStore } from './object-store-contract.ts';

testObjectStore('memory store', () => ({ store: new MemoryStore(), root: '/root' }));
