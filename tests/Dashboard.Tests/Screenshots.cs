using JobSystem.Support;
using Microsoft.Playwright;

namespace JobSystem.Dashboard.Tests;

/// <summary><c>JOBSYSTEM_SCREENSHOTS=1 dotnet test tests/Dashboard.Tests --filter Screenshots</c> writes docs/images.</summary>
public sealed class Screenshots(DashboardHost host) : IClassFixture<DashboardHost>
{
    [Fact]
    public async Task Pages_OnRequest_AreKept()
    {
        var failed = await host.Submit(new { task_name = "fail", max_retries = 0, title = "Nightly import", tags = new[] { "import" } });
        await host.Submit(new { task_name = "echo", args = new object[] { "hello" } });
        await host.Submit(new { task_name = "sleep", kwargs = new { seconds = 60 } });
        await host.Ends(failed, "failed");
        for (var n = 0; n < 40; n++)
        {
            await host.Submit(new { task_name = n % 5 == 0 ? "fail" : "echo", max_retries = n % 10 == 0 ? 1 : 0, retry_delay = 1, kwargs = n % 5 == 0 ? new { message = $"no answer from host {n}" } : null, tags = new[] { "demo" } });
        }
        var schedule = (await host.Post("/api/v1/schedules", new { name = "Nightly report", task_name = "echo", cron_expression = "0 3 * * *", timezone = "Europe/Berlin" })).GetProperty("id").GetString();
        await host.Post("/api/v1/api-keys", new { name = "Shop", permissions = new[] { "view_jobs" } });
        await Work();
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var page = await host.SignIn(scheme: scheme);
            foreach (var (name, path) in new[] { ("home", ""), ("jobs", "jobs"), ("job", $"jobs/{failed}"), ("queues", "queues"), ("failures", "failures"), ("schedules", "schedules"), ("schedule", $"schedules/{schedule}"), ("workers", "workers"), ("tasks", "tasks"), ("health", "health"), ("audit", "audit"), ("keys", "keys"), ("queue", "queues/default"), ("new-job", "jobs/new?task=sleep"), ("new-schedule", "schedules/new"), ("change-schedule", $"schedules/{schedule}/edit") })
            {
                await page.GotoAsync($"/ui/{path}");
                await Assertions.Expect(page.Locator("main .status, main td, main form.fields option:nth-child(2)").First).ToBeAttachedAsync();
                if (name == "change-schedule")
                {
                    await Assertions.Expect(page.GetByLabel("Next runs").Locator("li")).ToHaveCountAsync(5);
                }
                await Keep(page, $"{name}-{(scheme == ColorScheme.Dark ? "dark" : "light")}");
            }
        }
        var phone = await host.SignIn(width: 375);
        foreach (var path in new[] { "jobs", $"jobs/{failed}", "failures", "queues", "schedules", "workers", "tasks", "health", "audit", "jobs/new", "" })
        {
            await phone.GotoAsync($"/ui/{path}");
            await Assertions.Expect(phone.Locator("main h1")).ToBeVisibleAsync();
            await Assertions.Expect(phone.Locator("main .status, main td, main form.fields, main .empty").First).ToBeAttachedAsync();
            Assert.True(await phone.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 375, $"/ui/{path} is wider than a phone");
        }
        await Keep(phone, "home-phone");
    }

    /// <summary>Pictures want something to show.</summary>
    async Task Work()
    {
        for (var beat = 0; beat < (IsWanted ? 220 : 24); beat++)
        {
            var jobs = 4 + (3 * Math.Sin(beat / 15.0)) + (beat % 5);
            await host.Post("/api/v1/jobs/batch", new { jobs = Enumerable.Range(0, (int)jobs).Select(n => new { task_name = (beat + n) % 13 == 0 ? "fail" : "echo", max_retries = 0, queue_name = n % 3 == 0 ? "mails" : "default" }) });
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }
    }

    static bool IsWanted => Environment.GetEnvironmentVariable("JOBSYSTEM_SCREENSHOTS") is { Length: > 0 };

    static async Task Keep(IPage page, string name)
    {
        if (IsWanted)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, "docs", "images", $"{name}.png") });
        }
    }
}
