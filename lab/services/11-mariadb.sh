packages mariadb-server python3-pymysql

service mariadb ports=3306 health="sql $LAB_SOCKETS/mysql SELECT 1" stop=40 -- \
  mariadbd --no-defaults --user=root --datadir="$LAB_DATA/mysql" --socket="$LAB_SOCKETS/mysql" \
  --pid-file="$LAB_RUN/mariadbd" --bind-address=127.0.0.1 --port=3306 --skip-name-resolve \
  --max-connections=1000 --innodb-flush-log-at-trx-commit=2 --character-set-server=utf8mb3

before_mariadb() {
  [ -e "$LAB_DATA/mysql/.complete" ] && return
  # A first run cut off in the middle leaves half a data directory.
  rm -rf "$LAB_DATA/mysql"
  mariadb-install-db --no-defaults --user=root --datadir="$LAB_DATA/mysql" --skip-test-db \
    --auth-root-authentication-method=normal >"$LAB_LOG/mariadb-install.log" 2>&1 9>&- \
    || fail "MariaDB cannot make its data directory" "$LAB_LOG/mariadb-install.log"
  touch "$LAB_DATA/mysql/.complete"
}

sql() { mariadb --no-defaults --user=root --socket="$LAB_SOCKETS/mysql"; }

create_databases() { # <name>...
  {
    echo "CREATE USER IF NOT EXISTS lab@'127.0.0.1' IDENTIFIED BY 'lab';"
    echo "GRANT ALL ON *.* TO lab@'127.0.0.1';"
    printf 'CREATE DATABASE IF NOT EXISTS %s CHARACTER SET utf8mb3;\n' "$@"
  } | sql
}

drop_databases() { printf 'DROP DATABASE IF EXISTS %s;\n' "$@" | sql; }

database_url() { echo "mysql+pymysql://lab:lab@127.0.0.1/$1?charset=utf8"; }
