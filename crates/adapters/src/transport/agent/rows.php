<?php
/**
 * The rows of the nine values: read, compared, written in one transaction under the database lock.
 * Everything runs on the bare handle, with exceptions; nothing here cleans a cache or calls out.
 */
final class PatchbayRows
{
    private const PAYMENTS = [
        'payment/payment_methods/method',
        'payment/payment_methods/sandbox_merchant_id',
        'payment/payment_methods/production_merchant_id',
    ];

    private ?\PDO $held = null;
    private string $lock = '';

    public function __construct(private PatchbayInstance $instance)
    {
    }

    /** Takes the lock or stops with `busy`. It is freed when this process ends, however it ends. */
    public function hold(int $seconds): void
    {
        try {
            $pdo = $this->instance->pdo();
            $pdo->exec("SET time_zone = '+00:00'");
            $this->lock = $this->instance->lockName($pdo);
            $got = $this->ask($pdo, 'SELECT GET_LOCK(?, ?)', [$this->lock, $seconds])->fetchColumn();
        } catch (\Throwable $error) {
            throw PatchbayInstance::failure($error);
        }
        if ($got === null || $got === false) {
            throw new PatchbayStop('databaseDown', 'the database gives no named locks');
        }
        if ((int) $got !== 1) {
            throw new PatchbayStop('busy');
        }
        $this->held = $pdo;
    }

    public function release(): void
    {
        try {
            $this->held === null || $this->ask($this->held, 'SELECT RELEASE_LOCK(?)', [$this->lock]);
        } catch (\Throwable) {
            // The connection is gone, and the lock with it.
        }
        $this->held = null;
    }

    /** The raw rows in default scope by path; a path without a row is not in it. */
    public function now(string $suffix = ''): array
    {
        $marks = implode(',', array_fill(0, count(PatchbayInstance::PATHS), '?'));
        $found = $this->ask(
            $this->held ?? $this->instance->pdo(),
            "SELECT * FROM {$this->instance->table()} WHERE scope = 'default' AND scope_id = 0 AND path IN ($marks)"
            // Two readings are compared as they stand, so their order must not depend on the database.
            . " ORDER BY path$suffix",
            array_keys(PatchbayInstance::PATHS)
        );
        $rows = [];
        foreach ($found->fetchAll(\PDO::FETCH_ASSOC) as $row) {
            if (isset(PatchbayInstance::PATHS[$row['path']])) {
                $rows[$row['path']] = [
                    'id' => (int) $row['config_id'],
                    'value' => $row['value'],
                    'at' => $row['updated_at'] ?? null,
                ];
            }
        }
        return $rows;
    }

    /** Rows of the nine values in scopes where they have no effect. */
    public function elsewhere(): array
    {
        $marks = implode(',', array_fill(0, count(PatchbayInstance::PATHS), '?'));
        return $this->ask(
            $this->held ?? $this->instance->pdo(),
            "SELECT path, scope, scope_id FROM {$this->instance->table()}"
            . " WHERE path IN ($marks) AND NOT (scope = 'default' AND scope_id = 0) LIMIT 50",
            array_keys(PatchbayInstance::PATHS)
        )->fetchAll(\PDO::FETCH_ASSOC);
    }

    /** Payments settings in every scope where a row exists. */
    public function payments(): array
    {
        $found = $this->ask(
            $this->held ?? $this->instance->pdo(),
            "SELECT path, scope, scope_id AS scopeId, value FROM {$this->instance->table()}"
            . ' WHERE path IN (?, ?, ?) ORDER BY scope, scope_id, path LIMIT 1000',
            self::PAYMENTS
        )->fetchAll(\PDO::FETCH_ASSOC);
        return array_map(
            static fn (array $row) => ['scopeId' => (int) $row['scopeId'], 'value' => (string) $row['value']] + $row,
            $found
        );
    }

    /** What a row means to the shop once the cache is read anew. */
    public function meaning(string $path, ?string $stored): string
    {
        return PatchbayInstance::PATHS[$path] ? $this->instance->reveal((string) $stored) : (string) $stored;
    }

    /** Whether rows say something else than the values in effect, nothing being fixed elsewhere. */
    public function stale(): bool
    {
        if (!$this->instance->hasConnector()) {
            return false;
        }
        $rows = $this->now();
        $fixed = array_column((new PatchbayLook($this->instance, $this, ''))->locks(), 'path');
        foreach (array_diff(array_keys(PatchbayInstance::PATHS), $fixed) as $path) {
            $default = !isset($rows[$path]) && $path === PatchbayInstance::SAAS . 'environment';
            $meant = $this->meaning($path, $rows[$path]['value'] ?? '');
            if (!$default && $meant !== $this->instance->effective($path)) {
                return true;
            }
        }
        return false;
    }

    /** The rows as one text that only this instance can read, bound to it and to the entry. */
    public function keep(array $rows, string $entry, array $pin): string
    {
        $kept = ['v' => 1, 'entry' => $entry, 'identity' => $pin['identity'], 'server' => $pin['server']];
        return (string) $this->instance->encryptor()->encrypt(json_encode($kept + ['rows' => (object) $rows]));
    }

    /** Reads what `keep` made, and only for the same instance and entry. */
    public function kept(string $text, string $entry, array $pin): array
    {
        try {
            $kept = json_decode((string) $this->instance->encryptor()->decrypt($text), true);
        } catch (\Throwable) {
            $kept = null;
        }
        if (!is_array($kept) || ($kept['v'] ?? 0) !== 1 || !is_array($kept['rows'] ?? null)) {
            throw new PatchbayStop('undoUnusable', 'the instance cannot decrypt it any more');
        }
        if ($kept['entry'] !== $entry) {
            throw new PatchbayStop('undoUnusable', 'it belongs to another journal entry');
        }
        if ($kept['identity'] !== $pin['identity'] || $kept['server'] !== $pin['server']) {
            throw new PatchbayStop('undoUnusable', 'it was made on another instance or another database server');
        }
        return array_intersect_key($kept['rows'], PatchbayInstance::PATHS);
    }

    /**
     * Runs `$change` in one transaction, if the lock is still ours and the rows are still `$before`.
     *
     * @return string[] `committed`, or `refused` or `unknown` with a reason and a detail
     */
    public function transact(array $before, callable $change, PatchbayPauses $pauses): array
    {
        [$pdo, $sent] = [$this->held, false];
        try {
            $pdo->exec('START TRANSACTION');
            if ($this->now(' FOR UPDATE') !== $before) {
                return $this->takenBack($before, 'changed');
            }
            $mine = 'SELECT IS_USED_LOCK(?) = CONNECTION_ID()';
            if ((int) $this->ask($pdo, $mine, [$this->lock])->fetchColumn() !== 1) {
                return $this->takenBack($before, 'lockLost');
            }
            $wanted = $change($pdo);
            $pauses->at('in-transaction');
            $written = array_map(static fn (array $row) => $row['value'], $this->now());
            ksort($written);
            ksort($wanted);
            if ($written !== $wanted) {
                return $this->takenBack($before, 'database', 'the database did not keep the values as they were written');
            }
            $pauses->at('before-commit');
            $sent = true;
            $pdo->exec('COMMIT');
        } catch (\Throwable $error) {
            return $this->takenBack($before, 'database', self::code($error), $sent);
        }
        $pauses->at('after-commit');
        return ['committed', '', ''];
    }

    /** Writes values: path to text, or null to remove. Gives what the rows must hold then. */
    public function write(\PDO $pdo, array $before, array $values): array
    {
        $table = $this->instance->table();
        $wanted = array_map(static fn (array $row) => $row['value'], $before);
        foreach ($values as $path => $value) {
            $row = $before[$path] ?? null;
            if ($value === null) {
                unset($wanted[$path]);
                $row === null || $this->ask($pdo, "DELETE FROM $table WHERE config_id = ?", [$row['id']]);
                continue;
            }
            if ($row !== null && $this->holds($path, (string) $row['value'], $value)) {
                continue;
            }
            $wanted[$path] = PatchbayInstance::PATHS[$path] ? $this->instance->encryptor()->encrypt($value) : $value;
            $row === null
                ? $this->ask(
                    $pdo,
                    "INSERT INTO $table (scope, scope_id, path, value) VALUES ('default', 0, ?, ?)",
                    [$path, $wanted[$path]]
                )
                : $this->ask($pdo, "UPDATE $table SET value = ? WHERE config_id = ?", [$wanted[$path], $row['id']]);
        }
        return $wanted;
    }

    /** Puts former rows back byte for byte, number and time included. */
    public function restore(\PDO $pdo, array $before, array $former, array $paths): array
    {
        $table = $this->instance->table();
        $wanted = array_map(static fn (array $row) => $row['value'], $before);
        foreach ($paths as $path) {
            [$row, $old] = [$before[$path] ?? null, $former[$path] ?? null];
            unset($wanted[$path]);
            if ($row !== null && ($old === null || $old['id'] !== $row['id'])) {
                $this->ask($pdo, "DELETE FROM $table WHERE config_id = ?", [$row['id']]);
                $row = null;
            }
            if ($old === null) {
                continue;
            }
            $wanted[$path] = $old['value'];
            $fields = ['value' => $old['value']] + ($old['at'] === null ? [] : ['updated_at' => $old['at']]);
            if ($row !== null) {
                $set = implode(', ', array_map(static fn ($name) => "$name = ?", array_keys($fields)));
                $this->ask($pdo, "UPDATE $table SET $set WHERE config_id = ?", [...array_values($fields), $old['id']]);
                continue;
            }
            $taken = $this->ask($pdo, "SELECT 1 FROM $table WHERE config_id = ?", [$old['id']])->fetchColumn();
            $fields += ['scope' => 'default', 'scope_id' => 0, 'path' => $path];
            $fields += $taken === false ? ['config_id' => $old['id']] : [];
            $marks = implode(', ', array_fill(0, count($fields), '?'));
            $names = implode(', ', array_keys($fields));
            $this->ask($pdo, "INSERT INTO $table ($names) VALUES ($marks)", array_values($fields));
        }
        return $wanted;
    }

    /** Whether a row already holds a value the way a write would leave it. */
    private function holds(string $path, string $stored, string $value): bool
    {
        if (!PatchbayInstance::PATHS[$path]) {
            return $stored === $value;
        }
        return str_starts_with($stored, $this->instance->newestKey() . ':')
            && $this->instance->reveal($stored) === trim($value);
    }

    /**
     * Rolls back. Before COMMIT was sent nothing can have been written, even where the connection
     * is gone; after it, that is certain only where the same connection answers with former rows.
     */
    private function takenBack(array $before, string $reason, string $detail = '', bool $sent = false): array
    {
        try {
            $this->held->exec('ROLLBACK');
            $certain = !$sent || $this->now() === $before;
        } catch (\Throwable) {
            $certain = !$sent;
        }
        return [$certain ? 'refused' : 'unknown', $reason, $detail];
    }

    /** A database error's numbers; its words could repeat a value. */
    private static function code(\Throwable $error): string
    {
        if ($error instanceof \PDOException) {
            return 'SQLSTATE ' . ($error->errorInfo[0] ?? $error->getCode()) . ', error ' . ($error->errorInfo[1] ?? '?');
        }
        return substr((string) strrchr('\\' . get_class($error), '\\'), 1);
    }

    private function ask(\PDO $pdo, string $sql, array $values): \PDOStatement
    {
        $statement = $pdo->prepare($sql);
        $statement->execute(array_values($values));
        return $statement;
    }
}
