/** `levee sql` as a process of its own: `node --import tsx tests/support/run-repl.ts [arguments]`. */
import { runRepl } from '../../repl/main.ts';

process.exitCode = await runRepl(process.argv.slice(2));
