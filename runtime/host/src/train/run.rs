//! The loop itself.

use super::batches::order;
use super::checkpoint::{self, Notes, Progress};
use super::device::Resident;
use super::eval::{Ready, Scores, Sums, evaluate, places};
use super::log::{Log, Record};
use super::plan::{Config, Goal, Hooks, Plan, Programs, Stat, Update};
use super::report::{Report, Stop};
use super::show::Screen;
use super::stepper::{Stepper, output};
use crate::data::{Fold, Folds};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::optim::Time;
use crate::params::{ParamSpec, Params, of_precision};
use crate::random::{Moment, without_draws};
use gdl_runtime::{Array, Program};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What stands in a run folder.
const FILES: [&str; 5] = [
    "last.safetensors",
    "best.safetensors",
    "metrics.jsonl",
    "metrics.csv",
    "report.json",
];

/// Trains parameters from their start, or from the last checkpoint of the run folder.
///
/// # Errors
/// If the data, the parameters and the programs do not fit each other, a program fails, the loss or a gradient is not finite
/// ([`Kind::NotFinite`], with what the hook says), or a file cannot be written or does not belong to this run.
pub fn train(
    programs: Programs<'_>,
    folds: &Folds,
    plan: &Plan,
    specs: &[ParamSpec],
    config: &Config,
    hooks: Hooks<'_>,
) -> Result<Report> {
    let params = Params::init(programs.step.signature(), specs, config.seed, programs.step.is_f64())?;
    train_from(programs, folds, plan, params, config, hooks)
}

/// As [`train`], from these parameters (fine-tuning); a checkpoint to resume from still comes first.
///
/// # Errors
/// As [`train`].
pub fn train_from(
    programs: Programs<'_>,
    folds: &Folds,
    plan: &Plan,
    params: Params,
    config: &Config,
    hooks: Hooks<'_>,
) -> Result<Report> {
    let mut run = Run::new(programs, folds, plan, params, config, hooks)?;
    run.start()?;
    let stop = run.epochs()?;
    run.report(stop)
}

struct Run<'a> {
    programs: Programs<'a>,
    folds: &'a Folds,
    plan: &'a Plan,
    config: &'a Config,
    hooks: Hooks<'a>,
    params: Params,
    stepper: Stepper,
    /// Where the weights are during steps, if not here; from the first step on. Those here are as they were when they were last fetched.
    resident: Option<Resident<'a>>,
    progress: Progress,
    /// The loss and the metrics.
    names: Vec<String>,
    best: Option<Params>,
    /// Means over the last finished epoch.
    last: Scores,
    per_epoch: u64,
}

impl<'a> Run<'a> {
    fn new(
        programs: Programs<'a>,
        folds: &'a Folds,
        plan: &'a Plan,
        params: Params,
        config: &'a Config,
        hooks: Hooks<'a>,
    ) -> Result<Run<'a>> {
        if config.epochs == 0 {
            return Err(Error::config("a run of 0 epochs trains nothing").help("`epochs` is 1 or more"));
        }
        let given = without_draws(programs.step.signature(), &plan.draws);
        folds.train.data.check(&given)?;
        for fold in [&folds.val, &folds.test].into_iter().flatten() {
            fold.data.check(programs.eval.signature())?;
        }
        params.of(programs.eval.signature())?;
        let names = plan.names();
        places(programs.eval, &names)?;
        if let Some(name) = config.monitor.name.as_ref().filter(|n| !names.contains(n)) {
            return Err(Error::config(format!(
                "`{name}` is monitored, but it is neither the loss nor a metric"
            )));
        }
        let stepper = Stepper::new(programs.step, plan, &params, config.optim.clone())?;
        let per_epoch = config
            .batch
            .cut(&folds.train, &order(&folds.train, config.seed, 0))?
            .len() as u64;
        let last = Scores {
            samples: 0,
            values: names.iter().map(|n| (n.clone(), f64::NAN)).collect(),
        };
        let progress = Progress::new(names.len());
        Ok(Run {
            programs,
            folds,
            plan,
            config,
            hooks,
            params,
            stepper,
            resident: None,
            progress,
            names,
            best: None,
            last,
            per_epoch,
        })
    }

    /// Resumes, or prepares a new run.
    fn start(&mut self) -> Result<()> {
        if let Some(folder) = &self.config.folder {
            fs::create_dir_all(folder).map_err(|e| Error::io(folder, "make", &e).help("--out names another folder"))?;
            files::write::clear(folder, &FILES);
        }
        let last = self
            .file("last.safetensors")
            .filter(|p| self.config.resume && p.exists());
        let Some(last) = last else {
            return self.statistics_over_data();
        };
        let notes = self.notes();
        checkpoint::resume(
            &last,
            &mut self.params,
            &mut self.stepper.optim,
            &mut self.progress,
            &notes,
        )?;
        if self.progress.batch == 0 && self.progress.epoch > 0 {
            self.last = self.progress.sums.scores(&self.names);
        }
        if let Some(path) = self.file("best.safetensors").filter(|_| self.progress.best.is_some()) {
            let mut best = self.params.clone();
            checkpoint::load_params(&path, &mut best, Some(&self.config.model_hash))?;
            self.best = Some(best);
        }
        Ok(())
    }

    /// Sets statistics that are means over all samples for training, in one pass.
    fn statistics_over_data(&mut self) -> Result<()> {
        let over_data = |stat: &Stat| stat.update == Update::OverData;
        if !self.plan.stats.iter().any(over_data) {
            return Ok(());
        }
        let fold = &self.folds.train;
        let mut sums: Vec<Vec<f64>> = vec![Vec::new(); self.plan.stats.len()];
        let mut outputs = Vec::new();
        for (k, range) in self.config.batch.cut(fold, &fold.ids)?.into_iter().enumerate() {
            let ids = &fold.ids[range];
            let ready = self.ready(ids, Moment::Before(k))?;
            ready.run(self.programs.step, &self.params, &mut outputs)?;
            for (&(_, place), sum) in self.stepper.stats.iter().zip(&mut sums) {
                let value = output(&outputs, place)?.to_f64();
                sum.resize(value.len(), 0.0);
                sum.iter_mut().zip(&value).for_each(|(s, v)| *s += ids.len() as f64 * v);
            }
        }
        let (double, samples) = (self.params.is_double(), fold.ids.len() as f64);
        for (k, sum) in sums.into_iter().enumerate() {
            if over_data(&self.plan.stats[k]) {
                let mean = of_precision(sum.iter().map(|s| s / samples), double);
                self.stepper.follow(&mut self.params, k, &mean, 0.0)?;
            }
        }
        Ok(())
    }

    fn epochs(&mut self) -> Result<Stop> {
        let screen = Screen::new(
            self.config.display,
            self.config.epochs * self.per_epoch,
            self.progress.epoch * self.per_epoch + self.progress.batch,
        );
        let mut log = Log::new(self.config.folder.as_deref(), self.progress.epoch)?;
        while self.progress.epoch < self.config.epochs && !self.progress.stopped {
            let clock = Instant::now();
            if self.interrupted() || !self.epoch(&screen)? {
                self.fetch()?;
                self.save_last()?;
                return Ok(Stop::Interrupted);
            }
            self.last = self.progress.sums.scores(&self.names);
            self.fetch()?;
            let params = self.evaluated();
            let val = self
                .folds
                .val
                .as_ref()
                .map(|fold| self.evaluate(&params, fold))
                .transpose()?;
            self.progress.epoch += 1;
            self.progress.batch = 0;
            let epoch = self.progress.epoch;
            let seconds = clock.elapsed().as_secs_f64();
            screen.epoch(epoch, self.config.epochs, &self.last, val.as_ref(), seconds);
            let rate = self
                .config
                .optim
                .schedule
                .at(self.time((epoch * self.per_epoch).saturating_sub(1)))
                .rate;
            log.add(&Record {
                epoch,
                step: self.progress.step,
                rate,
                train: &self.last,
                val: val.as_ref(),
                seconds,
            })?;
            self.judge(val.as_ref(), params)?;
            self.save_last()?;
        }
        Ok(if self.progress.stopped {
            Stop::Early
        } else {
            Stop::Finished
        })
    }

    /// One pass over the samples, from the batch where the run stands; false if interrupted.
    fn epoch(&mut self, screen: &Screen) -> Result<bool> {
        let order = order(&self.folds.train, self.config.seed, self.progress.epoch);
        let batches = self.config.batch.cut(&self.folds.train, &order)?;
        if self.progress.batch == 0 {
            self.progress.sums = Sums::new(self.names.len());
        }
        let mut outputs = Vec::new();
        for range in batches.iter().skip(self.progress.batch as usize) {
            // Batches of ragged data differ in number from epoch to epoch; schedules see the same number in each.
            let within = self.progress.batch * self.per_epoch / batches.len() as u64;
            let step = self.progress.epoch * self.per_epoch + within;
            self.step(&order[range.clone()], self.time(step), &mut outputs)?;
            self.progress.batch += 1;
            self.progress.step += 1;
            screen.step(
                self.progress.epoch + 1,
                self.config.epochs,
                step + 1,
                &self.progress.sums.scores(&self.names),
            );
            if self.interrupted() {
                return Ok(false);
            }
            if self
                .config
                .checkpoint_steps
                .is_some_and(|n| n > 0 && self.progress.step.is_multiple_of(n))
            {
                self.fetch()?;
                self.save_last()?;
            }
        }
        Ok(true)
    }

    fn interrupted(&self) -> bool {
        self.hooks.interrupt.is_some_and(|i| i.load(Ordering::Relaxed))
    }

    /// What schedules see before this step.
    fn time(&self, step: u64) -> Time {
        Time {
            step,
            total: self.config.epochs * self.per_epoch,
            per_epoch: self.per_epoch,
        }
    }

    /// Samples for training as a step takes them.
    fn ready(&self, ids: &[usize], moment: Moment) -> Result<Ready> {
        let samples = (&self.folds.train, ids);
        Ready::drawn(self.programs.step, &self.plan.draws, samples, self.config.seed, moment)
    }

    /// One batch.
    fn step(&mut self, ids: &[usize], time: Time, outputs: &mut Vec<Array>) -> Result<()> {
        let program: &dyn Program = self.programs.step;
        let ready = self.ready(ids, Moment::Step(self.stepper.steps()))?;
        if let Some(scores) = self.resident_step(&ready, time)? {
            self.progress.sums.add(ids.len(), &scores);
            return Ok(());
        }
        ready.run(program, &self.params, outputs)?;
        let stepped = self.stepper.step(program, &mut self.params, outputs, time);
        let scores = stepped.map_err(|e| match e.kind {
            Kind::NotFinite => {
                let (epoch, batch) = (self.progress.epoch + 1, self.progress.batch + 1);
                let what = format!("epoch {epoch}, batch {batch}: {}", e.what);
                let advice = match self.hooks.explain_nan {
                    Some(explain) => explain(&ready.instance, &ready.inputs, &self.params),
                    None => "lower the learning rate or clip gradients".into(),
                };
                Error { what, ..e }.help(advice)
            }
            _ => e,
        })?;
        self.progress.sums.add(ids.len(), &scores);
        Ok(())
    }

    /// One batch where the weights are. None if they are here, or something is not finite; then they are fetched, and the step is done again here,
    /// to say what is wrong.
    fn resident_step(&mut self, ready: &Ready, time: Time) -> Result<Option<Vec<f64>>> {
        let Some(program) = self.programs.learn else {
            return Ok(None);
        };
        let mut resident = match self.resident.take() {
            Some(resident) => resident,
            None => {
                let Stepper { optim, trained, .. } = &self.stepper;
                Resident::new(program, self.plan, &self.params, optim, trained)?
            }
        };
        let numbers = self.stepper.optim.take_step(time);
        let scores = resident.step(ready, numbers)?;
        self.resident = Some(resident);
        if scores.is_none() {
            self.stepper.optim.take_back();
            self.fetch()?;
            self.resident = None;
        }
        Ok(scores)
    }

    /// Brings the weights here up to date.
    fn fetch(&mut self) -> Result<()> {
        match &mut self.resident {
            Some(resident) => {
                let Stepper { optim, trained, .. } = &mut self.stepper;
                resident.fetch(&mut self.params, optim, trained)
            }
            None => Ok(()),
        }
    }

    /// The parameters that are evaluated: averaged ones where they are kept.
    fn evaluated(&self) -> Params {
        let mut params = self.params.clone();
        for (k, &p) in self.stepper.trained.iter().enumerate() {
            if let Some(average) = self.stepper.optim.averaged(k) {
                params.arrays_mut()[p] = average.clone();
            }
        }
        params
    }

    fn evaluate(&self, params: &Params, fold: &Fold) -> Result<Scores> {
        evaluate(self.programs.eval, params, fold, &self.names, &self.config.batch)
    }

    /// Keeps the parameters if they are the best so far, and decides whether to stop early.
    fn judge(&mut self, val: Option<&Scores>, params: Params) -> Result<()> {
        let scores = val.unwrap_or(&self.last);
        let score = self
            .config
            .monitor
            .name
            .as_ref()
            .map_or(scores.loss(), |n| scores.get(n).unwrap_or(f64::NAN));
        let least = self.config.early_stop.map_or(0.0, |e| e.least);
        let better = match (self.progress.best, self.config.monitor.goal) {
            (None, _) => true,
            (Some((best, _)), Goal::Min) => best - score > least || best.is_nan(),
            (Some((best, _)), Goal::Max) => score - best > least || best.is_nan(),
        };
        if better {
            self.progress.best = Some((score, self.progress.epoch));
            if let Some(path) = self.file("best.safetensors") {
                checkpoint::save_params(&path, &params, &self.notes())?;
            }
            self.best = Some(params);
        }
        let since = self.progress.best.map_or(0, |(_, epoch)| self.progress.epoch - epoch);
        self.progress.stopped = self.config.early_stop.is_some_and(|e| since >= e.patience);
        Ok(())
    }

    fn report(self, stop: Stop) -> Result<Report> {
        let params = self.best.clone().unwrap_or_else(|| self.evaluated());
        let scores = |fold: &Option<Fold>| fold.as_ref().map(|f| self.evaluate(&params, f)).transpose();
        let (val, test) = match stop {
            Stop::Interrupted => (None, None),
            _ => (scores(&self.folds.val)?, scores(&self.folds.test)?),
        };
        let report = Report {
            stop,
            epochs: self.progress.epoch,
            steps: self.progress.step,
            best_epoch: self.progress.best.map_or(0, |(_, epoch)| epoch),
            train: self.last.clone(),
            val,
            test,
            params,
        };
        if let Some(path) = self.file("report.json") {
            files::save_json(&path, &report.json())?;
        }
        Ok(report)
    }

    fn save_last(&self) -> Result<()> {
        match self.file("last.safetensors") {
            Some(path) => checkpoint::save(&path, &self.params, &self.stepper.optim, &self.progress, &self.notes()),
            None => Ok(()),
        }
    }

    fn notes(&self) -> Notes {
        Notes {
            model_hash: self.config.model_hash.clone(),
            settings: self.config.settings.clone(),
            epoch: self.progress.epoch,
            step: self.progress.step,
            seed: self.config.seed,
        }
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.config.folder.as_ref().map(|f| f.join(name))
    }
}
