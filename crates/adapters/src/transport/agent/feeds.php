<?php
/**
 * Sending the catalogue again: the application's own `saas:resync`, one feed a run, in a process of
 * its own that never outlives this one. What it prints leaves cleaned, line by line.
 */
final class PatchbayFeeds
{
    public function __construct(private PatchbayWire $wire)
    {
    }

    /** The feeds this instance can send; none where it has no such command. */
    public function names(): array
    {
        // Asked for no feed at all, the command names them all.
        [, $printed] = $this->run([], 60.0, static function (): void {
        });
        $found = preg_match('/Available feeds:\s*([A-Za-z0-9_][A-Za-z0-9_,\s-]*)/', $printed, $list) === 1;
        $names = $found ? preg_split('/[\s,]+/', trim($list[1]), -1, PREG_SPLIT_NO_EMPTY) : [];
        return array_values(array_unique($names));
    }

    /** Sends one feed and says how it ended. */
    public function send(string $feed, float $limit): void
    {
        $told = fn (string $line) => $this->wire->answer('line', ['text' => $line]);
        [$code, $printed] = $this->run(['--feed', $feed], $limit, $told);
        $lines = array_filter(array_map(PatchbayWire::clean(...), preg_split('/[\r\n]+/', $printed)));
        $this->wire->answer('fed', ['code' => $code, 'detail' => (string) end($lines)]);
    }

    /** @return array{int|string, string} exit code, `late` or `left`, and the end of what it printed */
    private function run(array $words, float $limit, callable $told): array
    {
        if (!function_exists('proc_open')) {
            throw new PatchbayStop('phpUnsuitable', 'the function proc_open is switched off');
        }
        $command = [PHP_BINARY, '-d', 'memory_limit=-1', 'bin/magento', 'saas:resync', '--no-ansi', '--no-interaction'];
        $pipes = [];
        $child = @proc_open(
            array_merge($command, $words),
            [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]],
            $pipes
        );
        if ($child === false) {
            throw new PatchbayStop('phpUnsuitable', 'no process could be started');
        }
        try {
            return $this->follow($child, $pipes[1], $limit, $told);
        } finally {
            fclose($pipes[1]);
            proc_close($child);
        }
    }

    /** Reads until it ends, is late, or nobody listens here any more: then it is ended. */
    private function follow(mixed $child, mixed $output, float $limit, callable $told): array
    {
        stream_set_blocking($output, false);
        stream_set_blocking(STDIN, false);
        [$printed, $said, $next] = ['', '', 0];
        $until = hrtime(true) + (int) ($limit * 1000000000);
        while (true) {
            [$read, $write, $except] = [feof($output) ? [STDIN] : [$output, STDIN], null, null];
            @stream_select($read, $write, $except, 0, 200000);
            $printed = substr($printed . (string) fread($output, 65536), -65536);
            $status = proc_get_status($child);
            $line = self::last($printed);
            if (hrtime(true) >= $next && ($line !== $said || $next === 0)) {
                $told($said = $line);
                $next = hrtime(true) + 500000000;
            }
            if (!$status['running'] && feof($output)) {
                return [$status['exitcode'], $printed];
            }
            fread(STDIN, 8192);
            $why = feof(STDIN) ? 'left' : (hrtime(true) > $until ? 'late' : null);
            if ($why !== null) {
                proc_terminate($child, 15);
                usleep(200000);
                proc_get_status($child)['running'] && proc_terminate($child, 9);
                return [$why, $printed];
            }
        }
    }

    /** The last whole line so far; a progress bar returns to its line's beginning. */
    private static function last(string $printed): string
    {
        $lines = preg_split('/[\r\n]+/', $printed, -1, PREG_SPLIT_NO_EMPTY);
        return PatchbayWire::clean((string) end($lines));
    }
}
