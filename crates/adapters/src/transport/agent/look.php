<?php
/**
 * What is there: everything a look reports. Values leave as fingerprints; only public ones leave as
 * they are. Nothing is written.
 */
final class PatchbayLook
{
    private array $notices = [];

    public function __construct(private PatchbayInstance $instance, private PatchbayRows $rows, private string $key)
    {
    }

    /** @return array<string, mixed> the answer, tokens and sealed keys aside */
    public function report(bool $thorough): array
    {
        $this->notices = [];
        $values = [];
        foreach (array_keys(PatchbayInstance::PATHS) as $path) {
            $value = $this->instance->effective($path);
            if ($value !== '') {
                $values[$path] = $this->seen($path, $value);
            }
        }
        $report = [
            'versions' => $this->versions(),
            'connector' => $this->connector(),
            'values' => (object) $values,
            'locks' => $this->locks(),
            'pin' => $this->pin(),
            'saasPair' => $this->instance->effective('magento_saas/environment'),
            'gateways' => $this->gateways(),
            'credentialsType' => $this->credentialsType(),
            'payments' => $this->rows->payments(),
            'cloud' => $this->cloud(),
        ];
        $this->noticeRows();
        $this->noticeState($thorough);
        $report['notices'] = $this->notices;
        $report['flow'] = $thorough ? $this->flow() : null;
        return $report;
    }

    /**
     * Whether data flows: seconds since 1970 when the export logs last tell of something sent, and since
     * when only of failures. Nothing else of the logs leaves; only their ends are read.
     */
    private function flow(): ?array
    {
        $sent = array_merge(
            $this->logged('saas-export.log', '/\\.(?:INFO|DEBUG|NOTICE):/'),
            $this->logged('commerce-data-export.log', '/"status":"(?:Complete"|Progress[^"]*synced:? [1-9])/')
        );
        $failed = array_merge(
            $this->logged('saas-export-errors.log', '/\\.(?:ERROR|CRITICAL|ALERT|EMERGENCY):/'),
            $this->logged('commerce-data-export-errors.log', '/\\.(?:ERROR|CRITICAL|ALERT|EMERGENCY):/')
        );
        $last = $sent === [] ? null : max($sent);
        $since = array_filter($failed, static fn (int $at) => $last === null || $at > $last);
        return $sent === [] && $failed === [] ? null : [
            'sentAt' => $last,
            'failingSince' => $since === [] ? null : min($since),
        ];
    }

    /** @return int[] when lines of this form were written, out of the end of a log */
    private function logged(string $name, string $form): array
    {
        $file = BP . '/var/log/' . $name;
        if (!is_file($file) || !is_readable($file) || ($handle = @fopen($file, 'rb')) === false) {
            return [];
        }
        $end = 131072;
        fseek($handle, -min($end, (int) filesize($file)), SEEK_END);
        $lines = explode("\n", (string) fread($handle, $end));
        fclose($handle);
        $times = [];
        foreach ($lines as $line) {
            $head = substr($line, 0, 400);
            if (preg_match('/^\[(\d{4}-\d\d-\d\d[T ][0-9:.+-]{8,24})\]/', $head, $found) && preg_match($form, $head)) {
                $at = strtotime($found[1]);
                $at === false || $times[] = $at;
            }
        }
        return $times;
    }

    /** How a value is reported: exact fingerprint, the text where it is public, a key's identity. */
    public function seen(string $path, string $value): array
    {
        $encrypted = PatchbayInstance::PATHS[$path] && self::looksEncrypted($value);
        $private = str_ends_with($path, '_private_key');
        $public = !$private && !$encrypted && strlen($value) <= 300 && !str_contains($value, '-----');
        return [
            'exact' => hash_hmac('sha256', $value, $this->key),
            'plain' => $public ? $value : null,
            'identity' => $private ? self::identity($value) : null,
            'encrypted' => $encrypted,
        ];
    }

    /** Tokens by the connector's own signer with the given keys: pair to API key and private key. */
    public function tokens(array $pairs, int $after): array
    {
        $signer = $this->instance->find('Magento\ServicesConnector\Api\JwtTokenInterface');
        for ($waited = 0; time() <= $after && $waited < 100; $waited++) {
            usleep(20000);
        }
        $tokens = [];
        foreach ($pairs as $pair => [$apiKey, $privateKey]) {
            if ($privateKey === '') {
                continue;
            }
            [$token, $error] = [null, 'the connector has no signer'];
            try {
                $token = $signer === null ? null : (string) $signer->getSignature($privateKey);
            } catch (\Throwable $failure) {
                $error = PatchbayWire::words($failure);
            }
            $public = strlen($apiKey) <= 200 && !self::looksEncrypted($apiKey);
            $tokens[] = [
                'purpose' => $pair,
                'apiKey' => $public ? $apiKey : '',
                'token' => $token,
                'error' => $token === null ? $error : null,
            ];
        }
        return $tokens;
    }

    /** The pairs in effect. */
    public function pairs(): array
    {
        $pairs = [];
        foreach (PatchbayInstance::PAIRS as $pair) {
            $pairs[$pair] = [
                $this->instance->effective(PatchbayInstance::KEYS . $pair . '_api_key'),
                $this->instance->effective(PatchbayInstance::KEYS . $pair . '_private_key'),
            ];
        }
        return $pairs;
    }

    /** Where values are fixed outside the database; the source that wins is named. */
    public function locks(): array
    {
        $locks = [];
        foreach (array_keys(PatchbayInstance::PATHS) as $path) {
            $lock = $this->fixed($path);
            if ($lock !== null) {
                $locks[] = ['path' => $path] + $lock;
            }
        }
        return $locks;
    }

    public function pin(): array
    {
        $of = fn (string $label, array $parts) => hash_hmac(
            'sha256',
            implode('', array_map(static fn ($part) => strlen((string) $part) . ':' . $part, [$label, ...$parts])),
            $this->key
        );
        $server = $this->instance->pdo()->query('SELECT @@hostname, @@port, @@datadir')->fetch(\PDO::FETCH_NUM);
        $cloud = $this->cloud();
        $secure = $this->instance->effective('web/secure/use_in_frontend') === '1';
        return [
            'identity' => $of('identity', [
                $this->instance->deployed('db/connection/default/host'),
                $this->instance->deployed('db/connection/default/dbname'),
                $this->instance->deployed('db/table_prefix'),
                $this->instance->deployed('install/date'),
                $cloud['project'] ?? '',
                $cloud['branch'] ?? '',
            ]),
            'server' => $of('server', (array) $server),
            'baseUrl' => $this->instance->effective('web/' . ($secure ? 'secure' : 'unsecure') . '/base_url'),
        ];
    }

    private static function looksEncrypted(string $value): bool
    {
        return preg_match('/^\d+:\d+:[A-Za-z0-9+\/=]+$/', $value) === 1;
    }

    /** SHA-256 of the public half as SPKI DER, or null where it is no readable private key. */
    private static function identity(string $value): ?string
    {
        if (!str_contains($value, '-----BEGIN') || str_contains($value, 'ENCRYPTED')) {
            return null;
        }
        $key = @openssl_pkey_get_private($value, '');
        $pem = $key === false ? '' : (openssl_pkey_get_details($key)['key'] ?? '');
        while (openssl_error_string() !== false) {
            continue;
        }
        $der = base64_decode(preg_replace('/-----[^-]+-----|\s+/', '', $pem) ?? '', true);
        return $der === false || $der === '' ? null : hash('sha256', $der);
    }

    private function fixed(string $path): ?array
    {
        $name = $this->variables()[$path] ?? null;
        if ($name !== null) {
            return ['source' => 'variable', 'name' => $name];
        }
        $whole = json_decode((string) getenv('MAGENTO_DC__OVERRIDE'), true);
        if (self::within($whole, $path) !== null) {
            return ['source' => 'variable', 'name' => 'MAGENTO_DC__OVERRIDE'];
        }
        foreach (['app_env' => 'env', 'app_config' => 'config'] as $file => $source) {
            if (self::within($this->file($file), $path) !== null) {
                return ['source' => $source, 'name' => null];
            }
        }
        return null;
    }

    /**
     * Variables that fix a value of the default scope: path to name. Behind the prefix the
     * application reads their names in any mixture of capitals.
     */
    private function variables(): array
    {
        static $found = null;
        if ($found === null) {
            $found = [];
            $names = array_map('strval', array_keys($_ENV + getenv()));
            $prefix = '/^(CONFIG__|MAGENTO_DC_(?i:SYSTEM)__)(?i:DEFAULT)__/';
            foreach (preg_grep($prefix, $names) as $name) {
                $path = preg_replace($prefix, '', $name);
                $found[strtolower(str_replace('__', '/', $path))] ??= $name;
            }
        }
        return $found;
    }

    /** What env.php or config.php holds, by the application's own reader where it can. */
    private function file(string $which): mixed
    {
        static $read = [];
        if (!array_key_exists($which, $read)) {
            $reader = $this->instance->find('Magento\Framework\App\DeploymentConfig\Reader');
            try {
                $read[$which] = $reader?->load($which);
            } catch (\Throwable) {
                $read[$which] = null;
            }
            $name = BP . '/app/etc/' . substr($which, 4) . '.php';
            if (!is_array($read[$which]) && is_readable($name)) {
                $read[$which] = include $name;
            }
        }
        return $read[$which];
    }

    private static function within(mixed $data, string $path): mixed
    {
        foreach (['system', 'default', ...explode('/', $path)] as $step) {
            if (!is_array($data) || !isset($data[$step])) {
                return null;
            }
            $data = $data[$step];
        }
        return $data;
    }

    private function versions(): array
    {
        $product = $this->instance->find('Magento\Framework\App\ProductMetadataInterface');
        try {
            [$magento, $edition] = [(string) $product?->getVersion(), (string) $product?->getEdition()];
        } catch (\Throwable) {
            [$magento, $edition] = ['', ''];
        }
        return [
            'magento' => $magento,
            'edition' => $edition,
            'servicesId' => $this->version('magento/module-services-id', 'Magento_ServicesId'),
            'servicesConnector' => $this->version('magento/services-connector', 'Magento_ServicesConnector'),
            'php' => PHP_VERSION,
        ];
    }

    private function version(string $package, string $module): string
    {
        try {
            if (class_exists('Composer\InstalledVersions') && \Composer\InstalledVersions::isInstalled($package)) {
                return ltrim((string) \Composer\InstalledVersions::getPrettyVersion($package), 'v');
            }
        } catch (\Throwable) {
            // An old or broken vendor folder; the module's own composer.json may know.
        }
        try {
            return (string) $this->instance->find('Magento\Framework\Module\PackageInfo')?->getVersion($module);
        } catch (\Throwable) {
            return '';
        }
    }

    private function connector(): string
    {
        if ($this->instance->hasConnector()) {
            return 'enabled';
        }
        $known = $this->file('app_config');
        $listed = is_array($known) && isset($known['modules']['Magento_ServicesId']);
        return $listed || $this->version('magento/module-services-id', 'Magento_ServicesId') !== ''
            ? 'disabled'
            : 'absent';
    }

    /** A connector from before there was another way than key pairs has no setting for it. */
    private function credentialsType(): string
    {
        $set = $this->instance->effective('services_connector/services_connector_credentials/credentials_type');
        $choice = interface_exists('Magento\ServicesConnector\Api\ImsAccessTokenInterface');
        return $set === '' && !$choice ? 'Magento_JWT' : $set;
    }

    private function gateways(): array
    {
        $gateways = [];
        foreach (PatchbayInstance::PAIRS as $pair) {
            $gateways[$pair] = $this->instance->effective("services_connector/{$pair}_gateway_url");
            $fixed = $this->fixed("services_connector/{$pair}_gateway_url");
            if ($fixed !== null) {
                $this->notice('gatewayLocked', "$pair: {$gateways[$pair]}");
            }
        }
        return $gateways;
    }

    private function cloud(): ?array
    {
        $read = static fn (string $name) => (string) ($_ENV[$name] ?? (getenv($name) ?: ''));
        $project = $read('MAGENTO_CLOUD_PROJECT') ?: $read('PLATFORM_PROJECT');
        if ($project === '') {
            return null;
        }
        $branch = $read('MAGENTO_CLOUD_BRANCH') ?: $read('MAGENTO_CLOUD_ENVIRONMENT') ?: $read('PLATFORM_BRANCH');
        $type = $read('MAGENTO_CLOUD_ENVIRONMENT_TYPE') ?: $read('PLATFORM_ENVIRONMENT_TYPE');
        $production = $type === 'production'
            || ($type === '' && in_array(strtolower($branch), ['production', 'master', 'main'], true));
        return ['project' => $project, 'branch' => $branch, 'production' => $production];
    }

    private function noticeRows(): void
    {
        $newest = $this->instance->newestKey();
        foreach ($this->rows->now() as $path => $row) {
            $stored = (string) $row['value'];
            if (!PatchbayInstance::PATHS[$path] || $stored === '') {
                continue;
            }
            if (preg_match('/^(\d+):\d+:/', $stored, $found) !== 1) {
                $this->notice('plaintextRow', $path);
            } elseif ($this->instance->reveal($stored) === $stored) {
                $this->notice('undecryptable', $path);
            } elseif ((int) $found[1] < $newest) {
                $this->notice('oldCryptKey', $path);
            }
        }
        foreach ($this->rows->elsewhere() as $row) {
            $this->notice('scopedRow', "{$row['path']} ({$row['scope']} {$row['scope_id']})");
        }
    }

    private function noticeState(bool $thorough): void
    {
        if ($this->instance->owner !== null) {
            $this->notice('wrongOwner', $this->instance->owner['name']);
        }
        $pair = $this->instance->effective('magento_saas/environment');
        if ($pair !== '' && $pair !== 'production') {
            $this->notice('saasPairUnusual', $pair);
        }
        if ($this->rows->stale()) {
            $this->notice('staleCache', '');
        }
        if (!$thorough) {
            return;
        }
        try {
            if ($this->instance->find('Magento\Deploy\Model\DeploymentConfig\ChangeDetector')?->hasChanges()) {
                $this->notice('importPending', '');
            }
            if ($this->instance->find('Magento\Framework\Module\DbVersionInfo')?->getDbVersionErrors()) {
                $this->notice('schemaBehind', '');
            }
        } catch (\Throwable) {
            // Extras: a version that answers differently only leaves them out.
        }
    }

    private function notice(string $code, string $detail): void
    {
        // A path of ours is longer than what is hidden as key-like.
        $path = isset(PatchbayInstance::PATHS[strtok($detail, ' ')]);
        $this->notices[] = ['code' => $code, 'detail' => $path ? $detail : PatchbayWire::clean($detail)];
    }
}
