<?php
/**
 * The application: found, judged fit, started, and asked for its parts. Reads nothing of ours yet.
 */
final class PatchbayInstance
{
    public const KEYS = 'services_connector/services_connector_integration/';
    public const SAAS = 'services_connector/services_id/';
    public const PAIRS = ['sandbox', 'production'];
    /** The nine values, in the Admin's own order; true for those that are encrypted at rest. */
    public const PATHS = [
        self::KEYS . 'sandbox_api_key' => true,
        self::KEYS . 'sandbox_private_key' => true,
        self::KEYS . 'production_api_key' => true,
        self::KEYS . 'production_private_key' => true,
        self::SAAS . 'project_id' => false,
        self::SAAS . 'project_name' => false,
        self::SAAS . 'environment_id' => false,
        self::SAAS . 'environment_name' => false,
        self::SAAS . 'environment' => false,
    ];

    public ?array $owner = null;
    private object $objects;
    private ?object $adapter = null;

    public function __construct(private string $root)
    {
    }

    /** Whether this PHP can do what is needed, before anything of the application is loaded. */
    public static function checkPhp(): void
    {
        $modes = function_exists('xdebug_info') ? (array) @xdebug_info('mode') : [];
        if (in_array('trace', $modes, true) || ini_get('xdebug.auto_trace') === '1') {
            throw new PatchbayStop('phpTraces');
        }
        foreach (['sodium', 'openssl', 'PDO', 'pdo_mysql', 'hash', 'json'] as $extension) {
            if (!extension_loaded($extension)) {
                throw new PatchbayStop('phpUnsuitable', "the extension $extension is not loaded in PHP " . PHP_VERSION);
            }
        }
    }

    /** Finds the root and looks at who owns it. */
    public function enter(): void
    {
        if (!is_dir($this->root)) {
            $above = $this->root;
            while ($above !== '/' && $above !== '.' && !file_exists($above)) {
                $above = dirname($above);
            }
            $hidden = is_dir($above) && !is_executable($above);
            throw $hidden
                ? new PatchbayStop('permissionDenied', 'the folder ' . PatchbayWire::clean($above) . ' may not be entered')
                : new PatchbayStop('rootMissing');
        }
        if (!@chdir($this->root) || !is_readable('.') || !is_executable('.')) {
            throw new PatchbayStop('permissionDenied', 'the folder of the instance may not be read');
        }
        if (!is_file('app/bootstrap.php') || !file_exists('app/etc/env.php')) {
            $closed = (is_dir('app') && !is_executable('app')) || (is_dir('app/etc') && !is_executable('app/etc'));
            throw $closed
                ? new PatchbayStop('permissionDenied', 'app/etc may not be entered')
                : new PatchbayStop('notACommerceRoot');
        }
        $this->checkOwner();
    }

    /**
     * Files that another user's run leaves behind can stop the shop, so root becomes the owner where
     * the files have one owner, and a user who cannot write them is told whose they are.
     */
    private function checkOwner(): void
    {
        if (!function_exists('posix_geteuid')) {
            return;
        }
        $me = posix_geteuid();
        $owner = fileowner('app/etc/env.php');
        if ($owner === false || $owner === $me) {
            return;
        }
        $name = posix_getpwuid($owner)['name'] ?? "#$owner";
        $written = array_filter(['var', 'var/cache', 'generated'], 'file_exists');
        if ($me === 0 && array_diff(array_map('fileowner', $written), [$owner]) === []) {
            $group = (int) filegroup('app/etc/env.php');
            if ($name[0] !== '#') {
                @posix_initgroups($name, $group);
            }
            if (posix_setgid($group) && posix_setuid($owner)) {
                return;
            }
        }
        // `generated` may be closed to everybody in production; `var` never is.
        $closed = array_filter(array_diff($written, ['generated']), static fn ($path) => !is_writable($path));
        if (!is_readable('app/etc/env.php') || $closed !== []) {
            throw new PatchbayStop('wrongOwner', $name);
        }
        $this->owner = ['name' => $name];
    }

    /** Starts the application the way its own console does. */
    public function start(): void
    {
        try {
            require_once getcwd() . '/app/bootstrap.php';
            $bootstrap = \Magento\Framework\App\Bootstrap::create(BP, $_SERVER);
            $this->objects = $bootstrap->getObjectManager();
            try {
                $this->get('Magento\Framework\App\State')->setAreaCode('adminhtml');
            } catch (\Exception) {
                // Somebody's bootstrap has set one already.
            }
        } catch (\Throwable $error) {
            throw self::failure($error);
        }
    }

    /** Tells a database that is away from an application that does not start. */
    public static function failure(\Throwable $error): PatchbayStop
    {
        if ($error instanceof PatchbayStop) {
            return $error;
        }
        if (str_contains($error->getMessage(), 'Composer detected issues in your platform')) {
            return new PatchbayStop('phpUnsuitable', PatchbayWire::clean($error->getMessage()));
        }
        for ($cause = $error; $cause !== null; $cause = $cause->getPrevious()) {
            if ($cause instanceof \PDOException || $cause instanceof \Zend_Db_Exception) {
                return new PatchbayStop('databaseDown', PatchbayWire::words($cause));
            }
        }
        if (preg_match('/"([^"]+)"[^"]* is not writable/', $error->getMessage(), $found) === 1) {
            return self::unwritable($found[1], $error);
        }
        $down = str_contains($error->getMessage(), 'SQLSTATE');
        return new PatchbayStop($down ? 'databaseDown' : 'bootFailed', PatchbayWire::words($error));
    }

    /** What another user's login meets first: the application cannot write its own cache. */
    private static function unwritable(string $path, \Throwable $error): PatchbayStop
    {
        $owner = @fileowner($path) ?: @fileowner('app/etc/env.php');
        $me = function_exists('posix_geteuid') ? posix_geteuid() : $owner;
        if ($owner === false || $owner === $me) {
            return new PatchbayStop('permissionDenied', PatchbayWire::words($error));
        }
        return new PatchbayStop('wrongOwner', posix_getpwuid($owner)['name'] ?? "#$owner");
    }

    /** A shared object of the application. */
    public function get(string $class): object
    {
        return $this->objects->get($class);
    }

    /** A shared object, or null where this version has none or it cannot be made. */
    public function find(string $class): ?object
    {
        try {
            return class_exists($class) || interface_exists($class) ? $this->get($class) : null;
        } catch (\Throwable) {
            return null;
        }
    }

    /**
     * The database handle under the adapter: a lock and a transaction must not move to another
     * connection, which the adapter's own `query` does without a word.
     */
    public function pdo(): \PDO
    {
        try {
            $this->adapter ??= $this->get('Magento\Framework\App\ResourceConnection')->getConnection();
            if (method_exists($this->adapter, 'setUseMasterConnection')) {
                $this->adapter->setUseMasterConnection();
            }
            $pdo = $this->adapter->getConnection();
        } catch (\Throwable $error) {
            throw self::failure($error);
        }
        if (!$pdo instanceof \PDO) {
            throw new PatchbayStop('bootFailed', 'the database adapter does not work on PDO');
        }
        $pdo->setAttribute(\PDO::ATTR_ERRMODE, \PDO::ERRMODE_EXCEPTION);
        return $pdo;
    }

    /** The table of configuration rows, quoted. */
    public function table(): string
    {
        $name = (string) $this->get('Magento\Framework\App\ResourceConnection')->getTableName('core_config_data');
        return '`' . str_replace('`', '``', $name) . '`';
    }

    /** A value of env.php and config.php, variables applied. */
    public function deployed(string $path): string
    {
        $value = $this->get('Magento\Framework\App\DeploymentConfig')->get($path);
        return is_scalar($value) ? (string) $value : '';
    }

    /** Whether the connector is switched on; only then are stored keys decrypted when they are read. */
    public function hasConnector(): bool
    {
        return (bool) $this->get('Magento\Framework\Module\Manager')->isEnabled('Magento_ServicesId');
    }

    /** The name of the lock that every push to this database takes, from whatever computer. */
    public function lockName(\PDO $pdo): string
    {
        $database = (string) $pdo->query('SELECT DATABASE()')->fetchColumn();
        return 'patchbay:' . substr(hash('sha256', $database . "\0" . $this->deployed('db/table_prefix')), 0, 32);
    }

    /** The value in effect, default scope, as the shop's own code sees it. */
    public function effective(string $path): string
    {
        $value = $this->get('Magento\Framework\App\Config\ScopeConfigInterface')->getValue($path, 'default');
        return is_scalar($value) ? (string) $value : '';
    }

    /** What a stored key means: decrypted, or itself where that gives no text. */
    public function reveal(string $stored): string
    {
        if ($stored === '') {
            return '';
        }
        try {
            $plain = (string) $this->encryptor()->decrypt($stored);
        } catch (\Throwable) {
            return $stored;
        }
        return $plain === '' || preg_match('//u', $plain) !== 1 ? $stored : $plain;
    }

    public function encryptor(): object
    {
        return $this->get('Magento\Framework\Encryption\EncryptorInterface');
    }

    /** The newest crypt key's number; stored text begins with the number of its key. */
    public function newestKey(): int
    {
        return count(preg_split('/\s+/', trim($this->deployed('crypt/key'))) ?: ['']) - 1;
    }

    /** Makes what was just written count: for everybody by the cache, here by reading anew. */
    public function refresh(): void
    {
        $this->get('Magento\Framework\App\Cache\TypeListInterface')->cleanType('config');
        $this->get('Magento\Framework\App\Config\ReinitableConfigInterface')->reinit();
    }
}
