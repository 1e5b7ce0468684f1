# Looks for instances and PHP programs and says where they are. Reads only: tests, listings and the
# version of each PHP. Before it stand n (what every line repeats) and hint (a folder, or nothing).
LC_ALL=C
PATH="$PATH:/usr/local/bin:/usr/bin:/bin"
export LC_ALL PATH
unset CDPATH
say() {
    printf '\n@@patchbay:%s:%s:%s:%s:@@\n' "$n" "$1" "$2" "$3"
}
owner() {
    ls -ld -- "$1" 2>/dev/null | {
        read -r _ _ who _
        printf '%s' "$who"
    }
}
seen=:
root() {
    [ -f "$1/app/etc/env.php" ] || return 0
    [ -f "$1/bin/magento" ] || [ -f "$1/app/bootstrap.php" ] || return 0
    real=$(cd -P -- "$1" 2>/dev/null && pwd -P) || real=$1
    case "$seen" in *":$real:"*) return 0 ;; esac
    seen="$seen$real:"
    say root "$(owner "$1/app/etc/env.php")" "$1"
}
say user "$(id -un 2>/dev/null)" ''
if [ -n "$hint" ]; then
    for d in "$hint" "$hint"/* "$hint"/*/*; do root "$d"; done
else
    # A deployment's "current" goes before the release it points to.
    for d in "$MAGENTO_CLOUD_DIR" "$HOME" "$HOME"/current "$HOME"/*/current "$HOME"/* "$HOME"/*/* \
        /app /app/* /var/www/html /var/www/current /var/www/*/current /var/www/*/htdocs \
        /var/www/*/httpdocs /var/www/*/public_html /var/www/*/html /var/www/*/magento /var/www/* \
        /var/www/html/* /var/www/vhosts/*/httpdocs /srv/www /srv/www/* /srv/* /srv/*/current \
        /home/*/public_html /home/*/current /home/*/*/current /opt/magento /usr/share/nginx/html; do
        [ -n "$d" ] && root "$d"
    done
fi
tried=:
version() {
    case "$tried" in *":$1:"*) return 0 ;; esac
    tried="$tried$1:"
    v=$("$1" -n -d display_errors=0 -r 'if (PHP_SAPI === "cli") { echo PHP_VERSION; }' </dev/null 2>/dev/null | head -c 40)
    [ -n "$v" ] && say php "$v" "$1"
}
for p in php php8.5 php8.4 php8.3 php8.2 php8.1 php85 php84 php83 php82 php81; do
    command -v "$p" >/dev/null 2>&1 && version "$p"
done
for p in /usr/local/bin/php /opt/plesk/php/8.*/bin/php /opt/cpanel/ea-php8*/root/usr/bin/php \
    /opt/alt/php8*/usr/bin/php /opt/remi/php8*/root/usr/bin/php /usr/local/php8*/bin/php; do
    [ -x "$p" ] && version "$p"
done
say end '' ''
