<?php
/**
 * The rows of the nine values and of the payments settings: read, compared, written in one
 * transaction under the database lock.
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

    /** Everything a push may touch: the rows of the nine values, and those of the payments settings. */
    public function all(string $values = '', string $payments = ''): array
    {
        return ['values' => $this->now($values), 'payments' => $this->paymentRows($payments)];
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

    /** Payments settings in every scope where a row exists, as they are told. */
    public function payments(): array
    {
        return array_map(self::told(...), array_values($this->paymentRows()));
    }

    /** One row of the payments settings as it is told. */
    public static function told(array $row): array
    {
        return ['scopeId' => $row['scope_id'], 'value' => (string) $row['value']]
            + array_intersect_key($row, ['path' => true, 'scope' => true]);
    }

    /** The raw rows of the payments settings, in the scopes that have an effect, by their numbers. */
    private function paymentRows(string $suffix = ''): array
    {
        $found = $this->ask(
            $this->held ?? $this->instance->pdo(),
            "SELECT * FROM {$this->instance->table()} WHERE path IN (?, ?, ?)"
            . " AND scope IN ('default', 'websites', 'stores') ORDER BY scope, scope_id, path$suffix",
            self::PAYMENTS
        );
        $rows = [];
        foreach ($found->fetchAll(\PDO::FETCH_ASSOC) as $row) {
            $rows[(int) $row['config_id']] = [
                'id' => (int) $row['config_id'],
                'path' => $row['path'],
                'scope' => $row['scope'],
                'scope_id' => (int) $row['scope_id'],
                'value' => $row['value'],
                'at' => $row['updated_at'] ?? null,
            ];
        }
        return $rows;
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
        $kept += ['rows' => (object) $rows['values'], 'payments' => array_values($rows['payments'])];
        return (string) $this->instance->encryptor()->encrypt(json_encode($kept));
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
        $payments = array_filter(
            (array) ($kept['payments'] ?? []),
            static fn (array $row) => in_array($row['path'] ?? '', self::PAYMENTS, true)
        );
        return ['values' => array_intersect_key($kept['rows'], PatchbayInstance::PATHS), 'payments' => $payments];
    }

    /**
     * Runs `$change` in one transaction, if the lock is still ours and the rows are still `$before`.
     * Those of the payments settings are locked only where they change: no index leads to them, so
     * the database would hold up everybody who saves a setting.
     *
     * @return string[] `committed`, or `refused` or `unknown` with a reason and a detail
     */
    public function transact(array $before, callable $change, bool $payments, PatchbayPauses $pauses): array
    {
        [$pdo, $sent] = [$this->held, false];
        try {
            $pdo->exec('START TRANSACTION');
            if ($this->all(' FOR UPDATE', $payments ? ' FOR UPDATE' : '') !== $before) {
                return $this->takenBack($before, 'changed');
            }
            $mine = 'SELECT IS_USED_LOCK(?) = CONNECTION_ID()';
            if ((int) $this->ask($pdo, $mine, [$this->lock])->fetchColumn() !== 1) {
                return $this->takenBack($before, 'lockLost');
            }
            $wanted = $change($pdo);
            $pauses->at('in-transaction');
            $written = self::held($this->all());
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

    /** What rows hold: of the nine values by path, of payments settings by scope and path. */
    private static function held(array $rows): array
    {
        $held = array_map(static fn (array $row) => $row['value'], $rows['values']);
        foreach ($rows['payments'] as $row) {
            $held[self::place($row)] = $row['value'];
        }
        return $held;
    }

    private static function place(array $row): string
    {
        return "{$row['scope']} {$row['scope_id']} {$row['path']}";
    }

    /**
     * Writes values: path to text, or null to remove; and takes the payments settings away where that
     * is wanted. Gives what the rows must hold then.
     */
    public function write(\PDO $pdo, array $before, array $values, bool $payments): array
    {
        $table = $this->instance->table();
        $wanted = self::held($before);
        foreach ($payments ? $before['payments'] : [] as $row) {
            unset($wanted[self::place($row)]);
            $this->ask($pdo, "DELETE FROM $table WHERE config_id = ?", [$row['id']]);
        }
        $before = $before['values'];
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
    public function restore(\PDO $pdo, array $before, array $former, array $paths, array $places): array
    {
        $wanted = self::held($before);
        foreach ($paths as $path) {
            [$row, $old] = [$before['values'][$path] ?? null, $former['values'][$path] ?? null];
            unset($wanted[$path]);
            if ($old !== null) {
                $wanted[$path] = $old['value'];
                $old += ['scope' => 'default', 'scope_id' => 0, 'path' => $path];
            }
            $this->bringBack($pdo, $row, $old);
        }
        foreach ($places as $at) {
            $place = self::place(['scope_id' => $at['scopeId']] + $at);
            $there = static fn (array $rows) => array_values(array_filter(
                $rows['payments'],
                static fn (array $row) => self::place($row) === $place
            ))[0] ?? null;
            [$row, $old] = [$there($before), $there($former)];
            unset($wanted[$place]);
            if ($old !== null) {
                $wanted[$place] = $old['value'];
            }
            $this->bringBack($pdo, $row, $old);
        }
        return $wanted;
    }

    /** Makes one row what it was; null is no row. */
    private function bringBack(\PDO $pdo, ?array $row, ?array $old): void
    {
        $table = $this->instance->table();
        if ($row !== null && ($old === null || $old['id'] !== $row['id'])) {
            $this->ask($pdo, "DELETE FROM $table WHERE config_id = ?", [$row['id']]);
            $row = null;
        }
        if ($old === null) {
            return;
        }
        $fields = ['value' => $old['value']] + ($old['at'] === null ? [] : ['updated_at' => $old['at']]);
        if ($row !== null) {
            $set = implode(', ', array_map(static fn ($name) => "$name = ?", array_keys($fields)));
            $this->ask($pdo, "UPDATE $table SET $set WHERE config_id = ?", [...array_values($fields), $old['id']]);
            return;
        }
        $taken = $this->ask($pdo, "SELECT 1 FROM $table WHERE config_id = ?", [$old['id']])->fetchColumn();
        $fields += array_intersect_key($old, ['scope' => true, 'scope_id' => true, 'path' => true]);
        $fields += $taken === false ? ['config_id' => $old['id']] : [];
        $marks = implode(', ', array_fill(0, count($fields), '?'));
        $names = implode(', ', array_keys($fields));
        $this->ask($pdo, "INSERT INTO $table ($names) VALUES ($marks)", array_values($fields));
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
            $certain = !$sent || $this->all() === $before;
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
