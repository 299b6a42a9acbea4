//! `holdfast service-key`: a key pair for a program. The private half goes into a file, the public half to standard output.
use anyhow::{Context, Result};
use clap::Args;
use holdfast_access::{ProgramKey, TokenSigner, key_set};
use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

#[derive(Args)]
pub(crate) struct ServiceKeyArgs {
    /// Where the private key is kept, PKCS #8, PEM; one that is there already is not made anew.
    #[arg(long, value_name = "PATH")]
    key_file: PathBuf,
}

/// Prints the JSON Web Key Set that `identity.CreateServiceAccount` and `AddServiceKeys` take.
pub(crate) fn run(args: &ServiceKeyArgs) -> Result<()> {
    let path = &args.key_file;
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => file.write_all(pem()?.as_bytes()).and_then(|()| file.sync_all())?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(|| format!("`{}` cannot be made", path.display())),
    }
    let file = fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let key = ProgramKey::from_pkcs8(&file).with_context(|| format!("`{}`", path.display()))?;
    println!("{}", key_set(&[key.public_key()]));
    Ok(())
}

/// An Ed25519 private key, PKCS #8, PEM.
pub(crate) fn pem() -> Result<String> {
    Ok(TokenSigner::new_pem()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_private_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let args = ServiceKeyArgs { key_file: dir.path().join("program.key") };
        run(&args).unwrap();
        let made = fs::read(&args.key_file).unwrap();
        assert_eq!(fs::metadata(&args.key_file).unwrap().permissions().mode() & 0o777, 0o600);
        run(&args).unwrap();
        assert_eq!(fs::read(&args.key_file).unwrap(), made);
        fs::write(&args.key_file, "no key").unwrap();
        assert!(run(&args).is_err());
    }
}
