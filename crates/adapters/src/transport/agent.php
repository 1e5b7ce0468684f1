<?php
/**
 * The program that runs on an instance: it looks, it takes one push or undo to its end, or it has
 * one feed of the catalogue sent again.
 *
 * The request comes in on standard input and holds no secret; values come later, sealed to a key
 * made here for this run. Answers are single marked lines; no value ever leaves in clear.
 * Not here: what may be pushed where, which Patchbay decides before it says `go`.
 */

/** Places where a test may hold the program to end it there. */
final class PatchbayPauses
{
    public function __construct(private ?array $wanted)
    {
    }

    public function at(string $step): void
    {
        if (($this->wanted['step'] ?? '') === $step) {
            usleep(1000 * (int) $this->wanted['ms']);
        }
    }
}

final class PatchbayAgent
{
    private PatchbayInstance $instance;
    private PatchbayRows $rows;
    private PatchbayLook $look;
    private PatchbayPauses $pauses;

    public function __construct(private PatchbayWire $wire, private array $request)
    {
        $this->pauses = new PatchbayPauses($request['pause'] ?? null);
    }

    /** One run, whatever happens in it; nothing it throws reaches PHP. */
    public function run(): void
    {
        ob_start(static fn (): string => '');
        set_error_handler(self::heard(...));
        register_shutdown_function($this->ended(...));
        try {
            $this->begin();
            match ($this->request['mode']) {
                'look' => $this->looks(),
                'push' => $this->pushes(),
                default => $this->resyncs(),
            };
        } catch (\Throwable $error) {
            $stop = PatchbayInstance::failure($error);
            $this->wire->answer('error', ['code' => $stop->reason, 'detail' => $stop->detail]);
        }
        $this->wire->finished = true;
    }

    /** Notices and warnings are nothing; what would end PHP must not be passed over either. */
    private static function heard(int $level, string $words): bool
    {
        if (($level & (E_USER_ERROR | E_RECOVERABLE_ERROR)) !== 0) {
            throw new \RuntimeException($words);
        }
        return true;
    }

    private function begin(): void
    {
        PatchbayInstance::checkPhp();
        $this->instance = new PatchbayInstance((string) $this->request['root']);
        $this->instance->enter();
        $this->instance->start();
        $this->rows = new PatchbayRows($this->instance);
        $this->look = new PatchbayLook($this->instance, $this->rows, (string) hex2bin($this->request['key']));
        $this->instance->pdo();
    }

    private function looks(): void
    {
        $wait = $this->request['underLock'] ?? null;
        if ($wait !== null) {
            $this->rows->hold((int) $wait);
            // After a cut the last push may have committed and died before it cleaned the cache.
            $this->rows->stale() && $this->instance->refresh();
        }
        $answer = $this->whole(true);
        $taker = $this->request['takeKeys'] ?? null;
        foreach ($taker === null ? [] : $this->look->pairs() as $pair => [, $privateKey]) {
            if ($privateKey !== '') {
                $sealed = sodium_crypto_box_seal($privateKey, (string) hex2bin($taker));
                $answer['sealedKeys'][] = ['purpose' => $pair, 'sealed' => base64_encode($sealed)];
            }
            sodium_memzero($privateKey);
        }
        $this->rows->release();
        $this->wire->answer('done', $answer);
    }

    /** Everything a look says, tokens signed with the keys in effect included. */
    private function whole(bool $thorough): array
    {
        $report = $this->look->report($thorough);
        $report['tokens'] = $report['connector'] === 'enabled'
            ? $this->look->tokens($this->look->pairs(), (int) $this->request['signAfter'])
            : [];
        return ['clock' => time()] + $report;
    }

    /** Names the feeds, or has one sent, and only by the instance and to the data space that was seen. */
    private function resyncs(): void
    {
        $feeds = new PatchbayFeeds($this->wire);
        $feed = $this->request['feed'] ?? null;
        if ($feed === null) {
            $look = ['clock' => time(), 'tokens' => []] + $this->look->report(false);
            $this->wire->answer('feeds', ['look' => $look, 'names' => $feeds->names()]);
            return;
        }
        $pin = $this->look->pin();
        $space = $this->instance->effective(PatchbayInstance::SAAS . 'environment_id');
        if ($pin['identity'] !== $this->request['identity'] || $space !== $this->request['dataSpace']) {
            $this->wire->answer('fed', ['code' => 'changed', 'detail' => '']);
            return;
        }
        $feeds->send($feed, (float) $this->request['limit']);
    }

    private function pushes(): void
    {
        $this->pauses->at('before-lock');
        $this->rows->hold(10);
        $before = $this->rows->all();
        $pin = $this->look->pin();
        $undo = $this->request['restore'] ?? null;
        $former = $undo === null ? null : $this->rows->kept(
            (string) base64_decode($undo['blob']),
            $undo['entry'],
            $pin
        );
        $pair = sodium_crypto_box_keypair();
        $this->wire->answer('ready', [
            'look' => ['clock' => time(), 'tokens' => []] + $this->look->report(false),
            'sealTo' => bin2hex(sodium_crypto_box_publickey($pair)),
            'undo' => base64_encode($this->rows->keep($before, $this->request['entry'], $pin)),
            'former' => $former === null ? null : $this->former($former, $undo['touched']),
        ]);
        $this->pauses->at('after-ready');
        $this->pauses->at('before-go-read');
        $sealed = $this->wire->sealed((float) $this->request['patience']);
        if ($sealed === null) {
            return;
        }
        $plain = $sealed === '' ? false : sodium_crypto_box_seal_open($sealed, $pair);
        sodium_memzero($pair);
        $values = $plain === false ? null : $this->values($plain, $undo !== null);
        is_string($plain) && sodium_memzero($plain);
        $values = $values === null ? null : $this->unlocked($values);
        if ($values === null) {
            $this->wire->answer('refused', ['reason' => 'badValues', 'detail' => '']);
            return;
        }
        $this->carryOut($before, $values, $former, $undo);
    }

    private function carryOut(array $before, array $values, ?array $former, ?array $undo): void
    {
        $payments = array_key_exists('payments', $values) || ($undo['payments'] ?? []) !== [];
        unset($values['payments']);
        $touched = array_values(array_intersect(array_keys(PatchbayInstance::PATHS), $undo['touched'] ?? []));
        $change = $former === null
            ? fn (\PDO $pdo) => $this->rows->write($pdo, $before, $values, $payments)
            : fn (\PDO $pdo) => $this->rows->restore($pdo, $before, $former, $touched, $undo['payments'] ?? []);
        $end = $this->rows->transact($before, $change, $payments, $this->pauses);
        foreach ($values as $path => $value) {
            is_string($values[$path]) && sodium_memzero($values[$path]);
        }
        $this->wire->answer($end[0], ['reason' => $end[1], 'detail' => $end[2]]);
        $this->pauses->at('after-flush');
        $this->rows->release();
        if ($end[0] === 'committed') {
            $this->instance->refresh();
            $this->wire->answer('done', $this->whole(false));
        }
    }

    /** What the kept rows would bring back; tokens show whether Adobe still takes those keys. */
    private function former(array $rows, array $touched): array
    {
        [$values, $pairs] = [[], []];
        $payments = $rows['payments'];
        $rows = $rows['values'];
        foreach ($rows as $path => $row) {
            $value = $this->rows->meaning($path, $row['value']);
            if ($value !== '') {
                $values[$path] = $this->look->seen($path, $value);
            }
        }
        foreach (PatchbayInstance::PAIRS as $name) {
            $pairs[$name] = array_map(
                fn (string $half) => $this->rows->meaning(
                    PatchbayInstance::KEYS . $name . $half,
                    $rows[PatchbayInstance::KEYS . $name . $half]['value'] ?? ''
                ),
                ['_api_key', '_private_key']
            );
        }
        return [
            'values' => (object) $values,
            'payments' => array_map(PatchbayRows::told(...), array_values($payments)),
            'touched' => $touched,
            'tokens' => $this->look->tokens($pairs, (int) $this->request['signAfter']),
        ];
    }

    /**
     * The values of a `go`: path to text, or to null for removal, and `payments` to null where those go
     * too; null altogether where a push must not write that: another run's, unknown paths, half of a
     * pair, nothing at all. An undo has none.
     */
    private function values(string $plain, bool $undo): ?array
    {
        $lines = explode("\n", $plain);
        if (array_shift($lines) !== $this->request['nonce'] || array_pop($lines) !== '') {
            return null;
        }
        $values = [];
        foreach ($lines as $line) {
            $parts = explode("\t", $line);
            if ($line === "payments\t-" && !array_key_exists('payments', $values)) {
                $values['payments'] = null;
                continue;
            }
            $value = ($parts[1] ?? '') === '-' ? null : base64_decode($parts[1] ?? '', true);
            $known = count($parts) === 2 && isset(PatchbayInstance::PATHS[$parts[0]]);
            $fits = $value === null || (is_string($value) && $value !== '' && strlen($value) <= 32768);
            if (!$known || !$fits || array_key_exists($parts[0], $values) || preg_match('//u', (string) $value) !== 1) {
                return null;
            }
            $values[$parts[0]] = $value;
        }
        if ($undo) {
            return $values === [] ? [] : null;
        }
        return $values !== [] && self::isWhole($values) ? $values : null;
    }

    /**
     * Without the values that are fixed outside the database, where a row would have no effect: one
     * that is in effect already is left out, another one refuses the whole.
     */
    private function unlocked(array $values): ?array
    {
        foreach (array_column($this->look->locks(), 'path') as $path) {
            if (array_key_exists($path, $values)) {
                if (trim((string) $values[$path]) !== trim($this->instance->effective($path))) {
                    return null;
                }
                unset($values[$path]);
            }
        }
        return $values;
    }

    /** Whether each pair and the data space is set or removed as a whole or left alone. */
    private static function isWhole(array $values): bool
    {
        $groups = [];
        foreach (array_keys(PatchbayInstance::PATHS) as $path) {
            $group = preg_match('/(sandbox|production)_(api|private)_key$/', $path, $found) === 1 ? $found[1] : 'saas';
            $groups[$group][] = !array_key_exists($path, $values) ? 'left' : ($values[$path] === null ? 'removed' : 'set');
        }
        return array_filter($groups, static fn (array $each) => count(array_unique($each)) !== 1) === [];
    }

    /** Says why, where PHP itself ends the run: out of memory, or an `exit` of the application's. */
    private function ended(): void
    {
        if ($this->wire->finished) {
            return;
        }
        $printed = PatchbayWire::clean(substr((string) ob_get_contents(), -400));
        $words = PatchbayWire::clean(error_get_last()['message'] ?? $printed) ?: 'the application ended the run';
        $this->wire->answer('error', ['code' => 'bootFailed', 'detail' => $words]);
    }
}

(static function (): void {
    $request = json_decode((string) base64_decode((string) fgets(STDIN)), true);
    if (is_array($request)) {
        (new PatchbayAgent(new PatchbayWire((string) $request['nonce']), $request))->run();
    }
})();
