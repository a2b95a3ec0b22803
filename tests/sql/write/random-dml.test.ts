import { testRandomDml } from '../../support/random-dml.ts';

testRandomDml(5);
