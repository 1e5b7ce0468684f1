<?php
/**
 * The line to Patchbay: answers out, one `go` in. Nothing here knows about the application.
 *
 * An answer is one line, `@@patchbay:<nonce>:<kind>:<base64 of JSON>:@@`, so that banners, notices
 * and colours around it do no harm. Written past every output buffer, which swallow the rest.
 */

/** Ends the run with a code that Patchbay knows and words that are safe to show. */
final class PatchbayStop extends \RuntimeException
{
    public function __construct(public string $reason, public string $detail = '')
    {
        parent::__construct($reason);
    }
}

final class PatchbayWire
{
    private const LONGEST = 1048576;

    public bool $finished = false;

    public function __construct(private string $nonce)
    {
    }

    public function answer(string $kind, array $data): void
    {
        $json = json_encode($data, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
        fwrite(STDOUT, "\n@@patchbay:{$this->nonce}:$kind:" . base64_encode((string) $json) . ":@@\n");
        fflush(STDOUT);
    }

    /**
     * The sealed bytes of the `go` line, or null when the input ended or nobody spoke in so many
     * seconds.
     * A line without its newline was cut on the way and counts as the end of the input.
     */
    public function sealed(float $patience): ?string
    {
        $line = '';
        $until = hrtime(true) + (int) (min($patience, 30.0) * 1000000000);
        while (($left = $until - hrtime(true)) > 0) {
            [$read, $write, $except] = [[STDIN], null, null];
            $micros = intdiv($left, 1000);
            $ready = @stream_select($read, $write, $except, intdiv($micros, 1000000), $micros % 1000000);
            if ($ready !== 1) {
                continue;
            }
            $piece = fread(STDIN, 8192);
            if ($piece === false || $piece === '') {
                if (feof(STDIN)) {
                    return null;
                }
                continue;
            }
            $line .= $piece;
            $end = strpos($line, "\n");
            if ($end !== false) {
                $line = rtrim(substr($line, 0, $end), "\r");
                $sealed = str_starts_with($line, 'go ') ? base64_decode(substr($line, 3), true) : false;
                return $sealed === false ? '' : $sealed;
            }
            if (strlen($line) > self::LONGEST) {
                return null;
            }
        }
        return null;
    }

    /** Words of the application made safe: no control characters, nothing like a key, not long. */
    public static function clean(string $text): string
    {
        $text = preg_replace('/-----BEGIN.*/s', '[hidden]', $text) ?? '';
        $text = preg_replace('/[A-Za-z0-9+\/=_-]{40,}/', '[hidden]', $text) ?? '';
        $text = preg_replace('/[\x00-\x1f\x7f]+/', ' ', $text) ?? '';
        return substr(trim($text), 0, 400);
    }

    /** A failure's class and words; never its trace. */
    public static function words(\Throwable $error): string
    {
        $class = substr((string) strrchr('\\' . get_class($error), '\\'), 1);
        return self::clean($class . ': ' . $error->getMessage());
    }
}
