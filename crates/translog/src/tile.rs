//! Which tile holds what, and under which path (C2SP tlog-tiles): hash tiles of height 8, and bundles of entries.
use std::{fmt, str::FromStr};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// Of one hash tile, in tree levels.
pub const TILE_HEIGHT: u8 = 8;
/// Entries that a log may hold: far beyond use, and small enough that no sum of positions overflows.
pub const TREE_SIZE_MAX: u64 = 1 << 48;
/// Tile levels of the largest tree: 48 / 8, and the one above.
const LEVEL_MAX: u8 = 6;

/// One file of a log. Its width is 1 to 256; below 256 it is partial, and belongs to a tree that has grown no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tile {
    Hashes { level: u8, index: u64, width: u16 },
    Entries { index: u64, width: u16 },
}

impl Tile {
    /// The hash tile at that place in a tree of that size; none where the tree does not reach.
    pub fn hashes(level: u8, index: u64, tree_size: u64) -> Option<Self> {
        let hashes = tree_size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))?;
        Some(Self::Hashes { level, index, width: width(index, hashes)? })
    }

    /// The bundle of entries at that place in a tree of that size; none where the tree does not reach.
    pub fn entries(index: u64, tree_size: u64) -> Option<Self> {
        Some(Self::Entries { index, width: width(index, tree_size)? })
    }

    /// Every full tile of a tree of that size: what never changes any more.
    pub fn all_full(tree_size: u64) -> impl Iterator<Item = Self> {
        let hashes = (0..=LEVEL_MAX)
            .flat_map(move |level| (0..).map_while(move |index| Self::hashes(level, index, tree_size)));
        let entries = (0..).map_while(move |index| Self::entries(index, tree_size));
        hashes.chain(entries).filter(|tile| tile.is_full())
    }

    pub const fn index(self) -> u64 {
        match self {
            Self::Hashes { index, .. } | Self::Entries { index, .. } => index,
        }
    }

    pub const fn width(self) -> u16 {
        match self {
            Self::Hashes { width, .. } | Self::Entries { width, .. } => width,
        }
    }

    pub const fn is_full(self) -> bool {
        self.width() == TILE_WIDTH
    }

    /// The same place once the tree has grown past it.
    #[must_use]
    pub const fn full(self) -> Self {
        match self {
            Self::Hashes { level, index, .. } => Self::Hashes { level, index, width: TILE_WIDTH },
            Self::Entries { index, .. } => Self::Entries { index, width: TILE_WIDTH },
        }
    }

    pub fn path(self) -> String {
        self.to_string()
    }
}

fn width(index: u64, available: u64) -> Option<u16> {
    let before = index.checked_mul(u64::from(TILE_WIDTH))?;
    let left = available.checked_sub(before).filter(|left| *left > 0)?;
    Some(u16::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH))
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes { level, .. } => write!(f, "tile/{level}/")?,
            Self::Entries { .. } => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index() % 1000];
        let mut rest = self.index() / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups.iter().skip(1).rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups.first().copied().unwrap_or_default())?;
        if !self.is_full() {
            write!(f, ".p/{}", self.width())?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct TilePathError;

impl FromStr for Tile {
    type Err = TilePathError;

    /// Only the one way in which [`Tile::path`] writes it.
    fn from_str(path: &str) -> Result<Self, TilePathError> {
        let tile = read(path).ok_or(TilePathError)?;
        if tile.path() == path { Ok(tile) } else { Err(TilePathError) }
    }
}

fn read(path: &str) -> Option<Tile> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (place, width) = match rest.split_once(".p/") {
        None => (rest, TILE_WIDTH),
        Some((place, width)) => (place, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
    };
    let mut index: u64 = 0;
    for group in place.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let group: u64 = digits.parse().ok().filter(|group| *group < 1000)?;
        index = index.checked_mul(1000)?.checked_add(group)?;
    }
    if kind == "entries" {
        return Some(Tile::Entries { index, width });
    }
    let level = kind.parse().ok().filter(|level| *level <= LEVEL_MAX)?;
    Some(Tile::Hashes { level, index, width })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_as_the_standard_writes_them() {
        let path = |tile: Option<Tile>| tile.unwrap().path();
        assert_eq!(path(Tile::hashes(0, 0, 256)), "tile/0/000");
        assert_eq!(path(Tile::hashes(0, 0, 255)), "tile/0/000.p/255");
        assert_eq!(path(Tile::hashes(1, 0, 70_000)), "tile/1/000");
        assert_eq!(path(Tile::hashes(1, 1, 70_000)), "tile/1/001.p/17");
        assert_eq!(path(Tile::hashes(2, 0, 70_000)), "tile/2/000.p/1");
        assert_eq!(path(Tile::entries(1_234_067, 1 << 40)), "tile/entries/x001/x234/067");
        assert_eq!(path(Tile::entries(1_234_067, 1_234_067 * 256 + 8)), "tile/entries/x001/x234/067.p/8");
    }

    #[test]
    fn a_place_beyond_the_tree_has_no_tile() {
        assert_eq!(Tile::hashes(0, 1, 256), None);
        assert_eq!(Tile::hashes(2, 0, 65_535), None);
        assert_eq!(Tile::entries(0, 0), None);
        assert_eq!(Tile::entries(u64::MAX, TREE_SIZE_MAX), None);
    }

    #[test]
    fn a_path_has_one_spelling() {
        for path in
            ["tile/0/000", "tile/5/x012/345.p/7", "tile/entries/x001/x234/067", "tile/entries/999.p/255"]
        {
            assert_eq!(path.parse::<Tile>().unwrap().path(), path);
        }
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/0",
            "tile/0/x000/001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/7/000",
            "tile/-1/000",
            "tile/00/000",
            "tile/data/000",
            "tile/0/../000",
            "tile/0/001/002",
            "tile/0/x001",
            "/tile/0/000",
            "tile/0/000/",
            "tile/entries/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(path.parse::<Tile>(), Err(TilePathError), "{path}");
        }
    }
}
