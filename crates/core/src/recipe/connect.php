<?php
/*
{{STEPS}}
 */

/** Stops with words for the person at the terminal. Nothing was written. */
final class PatchbayStop extends \RuntimeException
{
}

final class PatchbayByHand
{
    private const KEYS = 'services_connector/services_connector_integration/';

    private object $objects;
    private \PDO $pdo;
    private string $table;

    /** @param array $plan pairs (API key and SHA-256 of the public half), data space, whether live */
    public function __construct(private array $plan)
    {
    }

    public function run(string $root): void
    {
        $this->checkPhp();
        $this->enter($root);
        $this->start();
        $public = $this->plan['dataSpace'];
        foreach ($this->plan['pairs'] as $pair => $half) {
            $public[self::KEYS . $pair . '_api_key'] = $half['apiKey'];
        }
        $this->checkLocks($public);
        $this->checkNotBoth();
        $values = $public;
        foreach ($this->plan['pairs'] as $pair => $half) {
            $values[self::KEYS . $pair . '_private_key'] = $this->read($pair, $half['fingerprint']);
        }
        $written = $this->write($values);
        $this->get('Magento\Framework\App\Cache\TypeListInterface')->cleanType('config');
        $this->get('Magento\Framework\App\Config\ReinitableConfigInterface')->reinit();
        $this->readBack($values);
        self::say($written === 0
            ? 'Everything was there already; nothing was written.'
            : "Done: $written values written and read back. Now delete this file.");
    }

    private function checkPhp(): void
    {
        $modes = function_exists('xdebug_info') ? (array) @xdebug_info('mode') : [];
        if (in_array('trace', $modes, true) || ini_get('xdebug.auto_trace') === '1') {
            throw new PatchbayStop('Xdebug traces every call and would write the keys to a file. Switch its trace mode off.');
        }
        if (!stream_isatty(STDIN)) {
            return;
        }
        // Only what can be told: where the shell may not be asked, the steps above have to do.
        $set = function_exists('shell_exec') ? (string) @shell_exec('stty -a < /dev/tty 2>/dev/null') : '';
        if (preg_match('/(^|\s)echo(;|\s|$)/', $set) === 1) {
            throw new PatchbayStop('The terminal would show what you paste. Start this exactly as step 3 says.');
        }
    }

    private function enter(string $root): void
    {
        if (!@chdir($root) || !is_file('app/bootstrap.php') || !is_file('app/etc/env.php')) {
            throw new PatchbayStop('This is not the root of a Commerce installation, or it may not be read: ' . $root);
        }
        $owner = fileowner('app/etc/env.php');
        if (function_exists('posix_geteuid') && $owner !== posix_geteuid()) {
            $name = posix_getpwuid($owner)['name'] ?? "#$owner";
            throw new PatchbayStop("The files belong to $name. Run this as that user.");
        }
    }

    private function start(): void
    {
        require_once getcwd() . '/app/bootstrap.php';
        $this->objects = \Magento\Framework\App\Bootstrap::create(BP, $_SERVER)->getObjectManager();
        try {
            $this->get('Magento\Framework\App\State')->setAreaCode('adminhtml');
        } catch (\Exception) {
            // One is set already.
        }
        if (!$this->get('Magento\Framework\Module\Manager')->isEnabled('Magento_ServicesId')) {
            throw new PatchbayStop('The Commerce Services Connector (Magento_ServicesId) is not enabled.');
        }
        $resource = $this->get('Magento\Framework\App\ResourceConnection');
        $this->pdo = $resource->getConnection()->getConnection();
        $this->pdo->setAttribute(\PDO::ATTR_ERRMODE, \PDO::ERRMODE_EXCEPTION);
        $this->table = '`' . str_replace('`', '``', $resource->getTableName('core_config_data')) . '`';
    }

    /** A value that is fixed outside the database would stay as it is, whatever is written. */
    private function checkLocks(array $public): void
    {
        $paths = array_keys($public);
        foreach (array_keys($this->plan['pairs']) as $pair) {
            $paths[] = self::KEYS . $pair . '_private_key';
        }
        $checker = $this->get('Magento\Config\Model\Config\Reader\Source\Deployed\SettingChecker');
        foreach ($paths as $path) {
            $same = array_key_exists($path, $public) && $this->effective($path) === $public[$path];
            if (!$same && $checker->isReadOnly($path, 'default')) {
                throw new PatchbayStop("$path is fixed in app/etc/env.php, app/etc/config.php or a variable. Remove it there first.");
            }
        }
    }

    /** Keys and data space of a live shop are never changed in one go: its data would be lost. */
    private function checkNotBoth(): void
    {
        if (!$this->plan['live'] || $this->plan['pairs'] === [] || $this->plan['dataSpace'] === []) {
            return;
        }
        $space = 'services_connector/services_id/environment_id';
        $there = $this->effective($space);
        $keys = false;
        foreach ($this->plan['pairs'] as $pair => $half) {
            $now = $this->effective(self::KEYS . $pair . '_api_key');
            $keys = $keys || ($now !== '' && $now !== $half['apiKey']);
        }
        if ($keys && $there !== '' && $there !== $this->plan['dataSpace'][$space]) {
            throw new PatchbayStop('This would change the keys and the data space of a live instance in one go. Make one recipe for each.');
        }
    }

    /** Reads one private key from standard input; it is nowhere but in this process. */
    private function read(string $pair, ?string $fingerprint): string
    {
        self::say("Paste the $pair private key, from the BEGIN line to the END line, then press Enter. Nothing is shown.");
        [$lines, $inside] = [[], false];
        while (($line = fgets(STDIN, 8192)) !== false) {
            $line = trim(str_replace("\xEF\xBB\xBF", '', $line));
            $inside = $inside || str_starts_with($line, '-----BEGIN');
            if ($inside && $line !== '') {
                $lines[] = $line;
            }
            if ($inside && str_starts_with($line, '-----END')) {
                break;
            }
        }
        $key = @openssl_pkey_get_private(implode("\n", $lines) . "\n", '');
        $details = $key === false ? false : openssl_pkey_get_details($key);
        while (openssl_error_string() !== false) {
            continue;
        }
        if ($details === false || $details['type'] !== OPENSSL_KEYTYPE_RSA || $details['bits'] < 2048) {
            throw new PatchbayStop("That is no private key that can be used for $pair.");
        }
        $der = base64_decode(preg_replace('/-----[^-]+-----|\s+/', '', $details['key']));
        if ($fingerprint !== null && !hash_equals($fingerprint, hash('sha256', $der))) {
            throw new PatchbayStop("That is a private key, but not the $pair one that was chosen.");
        }
        openssl_pkey_export($key, $pem);
        self::say("The $pair private key is the right one.");
        return trim($pem);
    }

    /** Writes what differs, all of it or nothing, under the lock that Patchbay's own pushes take. */
    private function write(array $values): int
    {
        $name = $this->lock();
        if ((int) $this->ask('SELECT GET_LOCK(?, 10)', [$name])->fetchColumn() !== 1) {
            throw new PatchbayStop('Somebody else is changing this instance now. Try again in a minute.');
        }
        $this->pdo->exec('START TRANSACTION');
        try {
            $written = 0;
            foreach ($values as $path => $value) {
                $written += $this->put($path, $value) ? 1 : 0;
            }
            $this->pdo->exec('COMMIT');
        } catch (\Throwable $error) {
            $this->pdo->exec('ROLLBACK');
            throw $error;
        } finally {
            $this->ask('SELECT RELEASE_LOCK(?)', [$name]);
        }
        return $written;
    }

    private function put(string $path, string $value): bool
    {
        $where = "WHERE scope = 'default' AND scope_id = 0 AND path = ?";
        $row = $this->ask("SELECT config_id, value FROM {$this->table} $where FOR UPDATE", [$path])->fetch(\PDO::FETCH_ASSOC);
        $secret = str_starts_with($path, self::KEYS);
        $encryptor = $this->get('Magento\Framework\Encryption\EncryptorInterface');
        $there = $row === false ? null : (string) $row['value'];
        if ($there !== null && ($secret ? $this->isNewest($there) && $encryptor->decrypt($there) === $value : $there === $value)) {
            return false;
        }
        $stored = $secret ? $encryptor->encrypt($value) : $value;
        $row === false
            ? $this->ask("INSERT INTO {$this->table} (scope, scope_id, path, value) VALUES ('default', 0, ?, ?)", [$path, $stored])
            : $this->ask("UPDATE {$this->table} SET value = ? WHERE config_id = ?", [$stored, $row['config_id']]);
        return true;
    }

    /** Whether stored text is encrypted under the newest crypt key. */
    private function isNewest(string $stored): bool
    {
        $keys = (string) $this->get('Magento\Framework\App\DeploymentConfig')->get('crypt/key');
        return str_starts_with($stored, count(preg_split('/\s+/', trim($keys))) - 1 . ':');
    }

    /** What counts is what is in effect, not what was written. */
    private function readBack(array $values): void
    {
        foreach ($values as $path => $value) {
            if ($this->effective($path) !== $value) {
                throw new \LogicException("$path was written, but something else is in effect.");
            }
        }
        $signer = $this->get('Magento\ServicesConnector\Api\JwtTokenInterface');
        foreach (array_keys($this->plan['pairs']) as $pair) {
            $signer->getSignature($values[self::KEYS . $pair . '_private_key']);
        }
    }

    private function lock(): string
    {
        $prefix = $this->get('Magento\Framework\App\DeploymentConfig')->get('db/table_prefix');
        $database = (string) $this->ask('SELECT DATABASE()', [])->fetchColumn();
        return 'patchbay:' . substr(hash('sha256', $database . "\0" . $prefix), 0, 32);
    }

    private function effective(string $path): string
    {
        $value = $this->get('Magento\Framework\App\Config\ScopeConfigInterface')->getValue($path, 'default');
        return is_scalar($value) ? (string) $value : '';
    }

    private function get(string $class): object
    {
        return $this->objects->get($class);
    }

    private function ask(string $sql, array $values): \PDOStatement
    {
        $statement = $this->pdo->prepare($sql);
        $statement->execute($values);
        return $statement;
    }

    public static function say(string $words): void
    {
        fwrite(STDERR, $words . "\n");
    }
}

if (PHP_SAPI === 'cli') {
    ini_set('display_errors', '0');
    ini_set('log_errors', '0');
    ini_set('zend.exception_ignore_args', '1');
    try {
        (new PatchbayByHand({{PLAN}}))->run($argv[1] ?? getcwd());
        exit(0);
    } catch (PatchbayStop $stop) {
        PatchbayByHand::say('Stopped, nothing was written. ' . $stop->getMessage());
    } catch (\LogicException $odd) {
        PatchbayByHand::say($odd->getMessage());
    } catch (\Throwable $error) {
        // Its words could repeat a value.
        PatchbayByHand::say('It failed (' . get_class($error) . '). Have Patchbay check the instance before you try again.');
    }
    exit(1);
}
