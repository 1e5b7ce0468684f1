//! How much CPU the stand-in spends, beside what a real instance spends (docs/facts.md, Costs).

use std::process::Stdio;

use patchbay_tests::ground::Instance;
use tokio::process::Command;

use crate::Fallible;
use crate::table::Times;

/// Runs the rest of its arguments and prints the CPU ms they used, as the kernel counted them.
const METER: &str = r"
    $null = ['file', '/dev/null', 'r+'];
    $child = proc_open(array_slice($argv, 1), [$null, $null, $null], $pipes);
    $code = proc_close($child);
    $used = getrusage(1);
    echo ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1000
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1000;
    exit($code);
";

/// Boots and does nothing else.
const BOOT: &str = "require 'app/bootstrap.php'; \
     Magento\\Framework\\App\\Bootstrap::create(BP, $_SERVER)->getObjectManager();";

/// One line per step: what it is, what a real instance takes, what the stand-in took.
pub async fn lines(instance: &Instance, runs: usize) -> Fallible<String> {
    let locale = ["config:set", "--", "general/locale/code", "en_US"];
    let steps: [(&str, u32, Vec<&str>); 5] = [
        ("bare `php`", 37, vec!["-r", ""]),
        ("bootstrap", 195, vec!["-r", BOOT]),
        (
            "`config:show`",
            590,
            vec!["bin/magento", "config:show", "general/locale/code"],
        ),
        (
            "`config:set`",
            790,
            [&["bin/magento"][..], &locale].concat(),
        ),
        (
            "`cache:clean config`",
            990,
            vec!["bin/magento", "cache:clean", "config"],
        ),
    ];
    let mut text =
        String::from("| Step | Real instance, CPU ms | Stand-in, CPU ms |\n|---|---|---|\n");
    for (what, real, words) in steps {
        let mut times = Times::default();
        for _ in 0..runs {
            times.add(cpu(instance, &words).await?);
        }
        text += &format!("| {what} | {real} | {:.0} |\n", times.median());
    }
    Ok(text)
}

async fn cpu(instance: &Instance, words: &[&str]) -> Fallible<std::time::Duration> {
    let mut meter = Command::new("php");
    meter
        .args(["-n", "-r", METER, "--"])
        .arg(instance.php())
        .args(words);
    meter
        .current_dir(&instance.root)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = meter.output().await?;
    let millis: f64 = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    if !output.status.success() {
        return Err(format!("the stand-in failed at {words:?}").into());
    }
    Ok(std::time::Duration::from_secs_f64(millis / 1000.0))
}
