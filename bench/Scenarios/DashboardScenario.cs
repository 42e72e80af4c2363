using System.Globalization;
using System.Text.RegularExpressions;
using JobSystem.Bench.Load;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;
using Microsoft.Playwright;

namespace JobSystem.Bench.Scenarios;

/// <summary>The dashboard over a full table and under load, in a real browser: what Home costs, how late its pages are, and what many of them cost the machine.</summary>
public sealed partial class DashboardScenario(BenchStack stack, BenchOptions options)
{
    const string Chromium = "/usr/bin/chromium";
    const string Monitoring = "monitoring-1";
    const int Batch = 25;
    const int Probes = 20;

    /// <summary>Everything that works for the pages; the browser is the viewer's own machine.</summary>
    static readonly string[] behind = ["monitoring-1", "gateway-1", "jobapi-1", "postgres", "scheduler-1"];

    static readonly string[] paths = ["", "", "", "", "", "", "", "", "", "", "jobs", "jobs", "jobs?status=failed", "jobs?status=running", "queues", "queues", "workers", "failures", "schedules", "tasks"];

    public async Task<IReadOnlyList<Section>> Run(CancellationToken ct)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
        var context = await browser.NewContextAsync(new() { BaseURL = stack.Env.Url.ToString() });
        await SignIn(await context.NewPageAsync());
        await using var table = new Backlog(stack.Env, Backlog.Mixed);
        try
        {
            Console.Error.WriteLine($"inserting {options.Pending} jobs …");
            await table.Fill(options.Pending, ct);
            var home = await Home(context, ct);
            return [home, await Live(context, ct)];
        }
        finally
        {
            if (!stack.IsOwn)
            {
                await table.Remove(CancellationToken.None);
            }
        }
    }

    async Task SignIn(IPage page)
    {
        await page.GotoAsync("/ui/");
        await page.GetByLabel("API key or token").FillAsync(stack.Env.AdminKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Home" }).WaitForAsync();
        await page.CloseAsync();
    }

    /// <summary>The time that the server takes is that of the document and of what Home asks for; the rest of an opening is the browser's.</summary>
    async Task<Section> Home(IBrowserContext context, CancellationToken ct)
    {
        Console.Error.WriteLine($"opening Home {options.Requests} times …");
        var (documents, openings) = (new List<double>(), new List<double>());
        var page = await context.NewPageAsync();
        var before = new Dictionary<double, double>();
        const int WarmUps = 5;
        for (var i = -WarmUps; i < options.Requests; i++)
        {
            if (i == 0)
            {
                before = await Loads(ct);
            }
            var start = TimeProvider.System.GetTimestamp();
            var answer = await page.GotoAsync("/ui/", new() { WaitUntil = WaitUntilState.Commit });
            var document = answer!.Request.Timing.ResponseStart - answer.Request.Timing.RequestStart;
            await page.Locator(".tile").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
            if (i >= 0)
            {
                documents.Add(document);
                openings.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        await page.CloseAsync();
        // The last loads reach the counters a moment after the page
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        var loads = await Loads(ct);
        var load = UpperBound(loads.ToDictionary(x => x.Key, x => x.Value - before.GetValueOrDefault(x.Key)), 0.95) * 1000;
        var p95 = new Percentiles(documents).At(95);
        return new Section($"Home with {options.Pending} jobs in all states, opened {options.Requests} times, one at a time")
            .Add("home_document_p95", "its document, p95", p95, "ms", null, Note(documents))
            .Add("home_load_p95", "what it asks for, p95", load, "ms", null, "upper bound of the bucket of jobsystem.dashboard.load")
            .Add("home_server_p95", "both: the server's time, p95 at most", p95 + load, "ms", Floor.Max(100))
            .Add("home_shown_p95", "from the click to the figures, p95", new Percentiles(openings).At(95), "ms", null, Note(openings));
    }

    /// <summary>The same load without pages and with twenty of them.</summary>
    async Task<Section> Live(IBrowserContext context, CancellationToken ct)
    {
        using var client = new JobsClient(stack.Env, 16);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var load = Load(client, stop.Token);
        var processes = new ProcessMeter(stack.Env.PidDirectory);
        await Task.Delay(TimeSpan.FromSeconds(30), ct);
        var without = await Cores(processes, ct);
        foreach (var path in paths)
        {
            var page = await context.NewPageAsync();
            await page.GotoAsync($"/ui/{path}");
        }
        var probed = await context.NewPageAsync();
        await Task.Delay(TimeSpan.FromSeconds(10), ct);
        var with = await Cores(processes, ct);
        var lags = new List<double>();
        for (var i = 0; i < Probes; i++)
        {
            lags.Add(await Probe(client, probed, ct));
        }
        await stop.CancelAsync();
        var sent = await load;
        var section = new Section($"{paths.Length} open pages (10 of Home) at {options.Rate} jobs/s ({sent} sent)");
        foreach (var name in behind)
        {
            section.Note(string.Create(CultureInfo.InvariantCulture, $"{name}: {without.GetValueOrDefault(name):F3} cores without pages, {with.GetValueOrDefault(name):F3} with"));
        }
        return section
            .Add("monitoring_percent_of_core", "CPU of monitoring for the pages", (with[Monitoring] - without[Monitoring]) * 100, "% of a core", Floor.Max(10))
            .Add("all_percent_of_core", "CPU of all processes for the pages", behind.Sum(x => with.GetValueOrDefault(x) - without.GetValueOrDefault(x)) * 100, "% of a core", null, "without the browser")
            .Add("live_p50", "a job's end to its page in the browser, p50", new Percentiles(lags).At(50), "ms")
            .Add("live_max", "the same, slowest", lags.Max(), "ms", Floor.Max(1000), $"{Probes} jobs");
    }

    async Task<int> Load(JobsClient client, CancellationToken ct)
    {
        var bodies = EchoJobs.Batches(Batch * 100, Batch);
        var sent = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Batch / (double)options.Rate));
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                await client.Post("/api/v1/jobs/batch", bodies[sent / Batch % bodies.Length], CancellationToken.None);
                sent += Batch;
            }
        }
        catch (OperationCanceledException)
        {
            // it has been enough
        }
        return sent;
    }

    async Task<Dictionary<string, double>> Cores(ProcessMeter processes, CancellationToken ct)
    {
        var before = processes.Take();
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), ct);
        return processes.Between(before, processes.Take(), null).ToDictionary(x => x.Name, x => x.Cores);
    }

    /// <summary>Watches the page of one job until it says that the job has ended.</summary>
    static async Task<double> Probe(JobsClient client, IPage page, CancellationToken ct)
    {
        var id = EchoJobs.IdOfJob(await client.Post("/api/v1/jobs", """{"task_name":"sleep","kwargs":{"seconds":2}}"""u8.ToArray(), ct));
        await page.GotoAsync($"/ui/jobs/{id}");
        await page.Locator("main > p .status-completed").WaitForAsync();
        var shown = TimeProvider.System.GetUtcNow();
        using var job = await client.Get($"/api/v1/jobs/{id}", ct);
        return (shown - job.RootElement.GetProperty("completed_at").GetDateTimeOffset()).TotalMilliseconds;
    }

    /// <summary>How many loads of Home took at most so many seconds, by the service's own count.</summary>
    async Task<Dictionary<double, double>> Loads(CancellationToken ct)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-API-Key", stack.Env.AdminKey);
        return HomeBucket().Matches(await http.GetStringAsync(new Uri(stack.Env.Url, "metrics"), ct))
            .ToDictionary(x => x.Groups[1].Value == "+Inf" ? double.PositiveInfinity : double.Parse(x.Groups[1].Value, CultureInfo.InvariantCulture), x => double.Parse(x.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    static double UpperBound(Dictionary<double, double> buckets, double share) =>
        buckets.OrderBy(x => x.Key).First(x => x.Value >= share * buckets[double.PositiveInfinity]).Key;

    static string Note(List<double> times) => string.Create(CultureInfo.InvariantCulture, $"p50 {new Percentiles(times).At(50):F1} ms");

    [GeneratedRegex("""^jobsystem_dashboard_load_seconds_bucket\{page="Home",le="([^"]+)"\} (\S+)""", RegexOptions.Multiline)]
    private static partial Regex HomeBucket();
}
