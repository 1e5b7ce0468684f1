//! Use cases through the one door, over stand-ins in memory.

#[cfg(test)]
mod bulk;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod guided;
#[cfg(test)]
mod handing;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod liars;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod life;
#[cfg(test)]
mod moves;
#[cfg(test)]
mod payments;
#[cfg(test)]
mod pushes;
#[cfg(test)]
mod replacing;
#[cfg(test)]
mod resyncs;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod shops;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod world;
