//! Evaluating something to learn its type or set: neither its errors nor what it adds to the model count.

use super::Checker;

impl Checker<'_> {
    /// Runs something and takes back everything but its result, which must not refer to nodes or variables.
    ///
    /// Domains stay: the same text makes the same ones again.
    pub(crate) fn quietly<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let diags = std::mem::take(&mut self.diags);
        let calls = self.calls.clone();
        let m = &self.model;
        let (nodes, params, stats) = (m.nodes.len(), m.params.len(), m.stats.len());
        let (vars, names, paths) = (m.vars.len(), m.names.len(), m.paths.len());
        let (dead, loops, randoms) = (self.dead.len(), self.loops, self.randoms);
        let out = f(self);
        let m = &mut self.model;
        m.nodes.truncate(nodes);
        m.params.truncate(params);
        m.stats.truncate(stats);
        m.vars.truncate(vars);
        m.names.truncate(names);
        m.paths.truncate(paths);
        self.by_name.retain(|_, n| (n.0 as usize) < nodes);
        self.dead.truncate(dead);
        (self.loops, self.randoms) = (loops, randoms);
        self.calls = calls;
        self.diags = diags;
        out
    }
}
