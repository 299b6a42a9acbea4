//! The databases of a service: connecting, creating, migrating.
//!
//! One database holds the schemas `log` (the event log), `views` (projections of it) and `feeds` (projections of other services'
//! events, with the inbox); another holds `keys`. The owner migrates; the serving role reads and writes what it may of the first, the
//! keys' role of the second: whoever gets hold of one of them has sealed bytes without keys, or keys without what they seal.
pub use sqlx::migrate::Migrator;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr, time::Duration};

pub const LOG: Migrator = sqlx::migrate!("migrations/log");
pub const INBOX: Migrator = sqlx::migrate!("migrations/feeds");
pub const KEYS: Migrator = sqlx::migrate!("migrations/keys");

/// Tables are named without schema: the path finds them, and a rebuild puts `views_next` in front.
pub(crate) const SEARCH_PATH: &str = "views, feeds, log, keys";

/// A connection that was not used for longer is asked whether it is still there.
const IDLE_MAX: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("the database cannot be reached or refused")]
    Database(#[from] sqlx::Error),
    #[error("a migration failed")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Not shown: it may be a password.
    #[error("a role, database or password is not of lower-case letters, digits and underscores")]
    Word,
}

/// For what a crash may forget because it comes again by itself: the disk needs not be waited for.
pub(crate) const BEGIN_WITHOUT_DISK: &str = "BEGIN; SET LOCAL synchronous_commit = off";

/// A pool of the serving role.
pub fn connect(url: &str, connections_max: u32) -> Result<PgPool, SchemaError> {
    let options = PgConnectOptions::from_str(url)?
        .options([("search_path", SEARCH_PATH), ("statement_timeout", "30s"), ("lock_timeout", "10s")])
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(300))
        // One that was in use a moment ago needs not be asked whether it is there.
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE_MAX {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// Brings the log database to today's shape. `views` and `feeds` are the service's own migrations, run with the search path set to their schema.
pub async fn migrate(
    owner_url: &str,
    serving_role: &str,
    views: &Migrator,
    feeds: &[&Migrator],
) -> Result<(), SchemaError> {
    let mut conn = owner(owner_url, serving_role).await?;
    in_schema(&mut conn, "log", &[&LOG]).await?;
    in_schema(&mut conn, "views", &[views]).await?;
    let mut all: Vec<&Migrator> = vec![&INBOX];
    all.extend(feeds);
    in_schema(&mut conn, "feeds", &all).await?;
    grant_tables(&mut conn, "views", serving_role).await?;
    grant_tables(&mut conn, "feeds", serving_role).await?;
    conn.close().await?;
    Ok(())
}

/// Brings the key database to today's shape.
pub async fn migrate_keys(owner_url: &str, keys_role: &str) -> Result<(), SchemaError> {
    let mut conn = owner(owner_url, keys_role).await?;
    in_schema(&mut conn, "keys", &[&KEYS]).await?;
    conn.close().await?;
    Ok(())
}

pub(crate) async fn owner(url: &str, serving_role: &str) -> Result<PgConnection, SchemaError> {
    let options = PgConnectOptions::from_str(url)?
        .options([("holdfast.serving_role", checked(serving_role)?)])
        .disable_statement_logging();
    Ok(PgConnection::connect_with(&options).await?)
}

/// Runs migrations with their tables, and the table of what has run, in one schema. Several sets in one schema number their files apart.
pub(crate) async fn in_schema(
    conn: &mut PgConnection,
    schema: &str,
    migrators: &[&Migrator],
) -> Result<(), SchemaError> {
    let schema = checked(schema)?;
    run(conn, format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    run(conn, format!("SET search_path TO {schema}")).await?;
    let files = migrators.iter().flat_map(|migrator| migrator.iter().cloned()).collect();
    Migrator::with_migrations(files).run(&mut *conn).await.map_err(SchemaError::Migrate)
}

/// The serving role may do in read models what it likes: they can be rebuilt.
pub(crate) async fn grant_tables(
    conn: &mut PgConnection,
    schema: &str,
    role: &str,
) -> Result<(), SchemaError> {
    let (schema, role) = (checked(schema)?, checked(role)?);
    run(conn, format!("GRANT USAGE ON SCHEMA {schema} TO {role}")).await?;
    run(conn, format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"))
        .await
}

/// Names and passwords of a service's two databases.
#[derive(Debug, Clone)]
pub struct Databases {
    /// The log database and its serving role; the key database and its role are `<name>_keys`; the owner of both `<name>_owner`.
    pub name: String,
    pub owner_password: String,
    pub serving_password: String,
    pub keys_password: String,
}

/// Creates a service's roles and databases where they are missing, as a superuser: for one machine and for tests.
pub async fn provision(superuser_url: &str, databases: &Databases) -> Result<(), SchemaError> {
    let name = checked(&databases.name)?;
    let keys = format!("{name}_keys");
    let owner = format!("{name}_owner");
    let mut conn = PgConnection::connect_with(&PgConnectOptions::from_str(superuser_url)?).await?;
    for (role, password) in [
        (owner.as_str(), &databases.owner_password),
        (name, &databases.serving_password),
        (keys.as_str(), &databases.keys_password),
    ] {
        let password = plain(password, 128)?;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut conn)
            .await?;
        let verb = if exists { "ALTER" } else { "CREATE" };
        run(&mut conn, format!("{verb} ROLE {role} LOGIN PASSWORD '{password}'")).await?;
    }
    // A database's one reader has its name.
    for database in [name, keys.as_str()] {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(database)
            .fetch_one(&mut conn)
            .await?;
        if !exists {
            run(&mut conn, format!("CREATE DATABASE {database} OWNER {owner}")).await?;
            run(&mut conn, format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC")).await?;
            run(&mut conn, format!("GRANT CONNECT ON DATABASE {database} TO {database}")).await?;
        }
    }
    conn.close().await?;
    Ok(())
}

/// DDL takes no parameters; every name in it has passed [`checked`].
pub(crate) async fn run(conn: &mut PgConnection, sql: String) -> Result<(), SchemaError> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

/// PostgreSQL cuts longer names without a word.
fn checked(name: &str) -> Result<&str, SchemaError> {
    plain(name, 63)
}

fn plain(word: &str, length_max: usize) -> Result<&str, SchemaError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=length_max).contains(&word.len()) && word.bytes().all(allowed) {
        Ok(word)
    } else {
        Err(SchemaError::Word)
    }
}
