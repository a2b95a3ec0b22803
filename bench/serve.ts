/** `levee serve` from the sources, for benchmarks over HTTP. */
import { serve } from '../server/main.ts';

process.exitCode = await serve(process.argv.slice(2));
