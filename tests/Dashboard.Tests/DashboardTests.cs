using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using JobSystem.Support;
using Microsoft.Playwright;

namespace JobSystem.Dashboard.Tests;

public sealed class DashboardTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    const string Attack = "<img src=x onerror=alert(1)><script>alert(2)</script>";

    [Fact]
    public async Task SignIn_WrongKey_IsRefused()
    {
        var page = await host.Open();
        await page.GotoAsync("/ui/jobs");
        await page.GetByLabel("API key or token").FillAsync("not-a-key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        Assert.Contains("not valid", await page.GetByRole(AriaRole.Alert).TextContentAsync());
        Assert.DoesNotContain(await page.Context.CookiesAsync(), x => x.Name == "jobsystem_ui");
    }

    [Fact]
    public async Task SignIn_RightKey_LeavesNothingThatScriptsCanRead()
    {
        var page = await host.SignIn();
        var cookie = Assert.Single(await page.Context.CookiesAsync(), x => x.Name == "jobsystem_ui");
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        Assert.Equal("/ui", cookie.Path);
        Assert.DoesNotContain("jobsystem_ui=", await page.EvaluateAsync<string>("document.cookie"));
        Assert.DoesNotContain(host.AdminKey, await page.ContentAsync());
        Assert.DoesNotContain(host.AdminKey, await page.EvaluateAsync<string>("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"));
    }

    [Fact]
    public async Task SignIn_TokenAsLongAsProvidersIssueThem_Works()
    {
        var token = host.Token("alice", "view_jobs", new string('x', 5000));
        var page = await host.SignIn(token);
        await Assertions.Expect(page.Locator(".who")).ToHaveTextAsync("alice · view_jobs");
        await page.GotoAsync("/ui/jobs");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Jobs" })).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Key_Revoked_LeadsBackToTheSignIn(bool loadAgain)
    {
        var issued = await host.Post("/api/v1/api-keys", new { name = "brief", permissions = new[] { "view_jobs" } });
        var page = await host.SignIn(issued.GetProperty("key").GetString());
        await page.GotoAsync("/ui/jobs");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Jobs" }).WaitForAsync();
        await host.Delete($"/api/v1/api-keys/{issued.GetProperty("id").GetString()}");
        if (loadAgain)
        {
            await page.ReloadAsync();
        }
        await Assertions.Expect(page.GetByLabel("API key or token")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        Assert.EndsWith("/ui/sign-in?to=%2Fui%2Fjobs", page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain(await page.Context.CookiesAsync(), x => x.Name == "jobsystem_ui");
    }

    [Fact]
    public async Task Page_ThatCouldNotLoad_SaysSoUntilItCan()
    {
        var page = await host.SignIn();
        await page.GotoAsync("/ui/jobs/comes-late");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("comes-late");
        await host.Submit(new { task_name = "echo", job_id = "comes-late" });
        await Assertions.Expect(page.Locator("main > p .status")).ToHaveTextAsync("completed", new() { Timeout = 20_000 });
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task FailedJob_Retried_RunsAgain()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 0 });
        await host.Ends(id, "failed");
        var page = await host.SignIn();
        await page.GotoAsync("/ui/jobs?status=failed");
        await page.GetByRole(AriaRole.Link, new() { Name = id }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Error" })).ToContainTextAsync("Attempt 1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Error" })).ToContainTextAsync("Attempt 2", new() { Timeout = 20_000 });
    }

    [Fact]
    public async Task RunningJob_Ends_ThePageSaysSoByItself()
    {
        var id = await host.Submit(new { task_name = "sleep", kwargs = new { seconds = 3 } });
        var page = await host.SignIn();
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.Locator("main > p .status")).ToHaveTextAsync("running");
        await Assertions.Expect(page.Locator("main > p .status")).ToHaveTextAsync("completed", new() { Timeout = 9_000 });
    }

    [Fact]
    public async Task Queue_Paused_AfterConfirmation()
    {
        await host.Ends(await host.Submit(new { task_name = "echo", queue_name = "default" }), "completed");
        await host.Submit(new { task_name = "echo", queue_name = "quiet" });
        var page = await host.SignIn();
        await page.GotoAsync("/ui/queues");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "quiet" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(row.Locator(".status")).ToHaveTextAsync("paused");
    }

    [Fact]
    public async Task Viewer_SeesAJob_WithoutActions()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 0 });
        await host.Ends(id, "failed");
        var key = (await host.Post("/api/v1/api-keys", new { name = "looker", permissions = new[] { "view_jobs" } })).GetProperty("key").GetString();
        var page = await host.SignIn(key);
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Error" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Texts_WithMarkup_AreShownAsTyped()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 0, title = Attack, description = Attack, tags = new[] { "<script>alert(3)</script>" }, kwargs = new { message = Attack }, metadata = new { note = Attack } });
        await host.Ends(id, "failed");
        var page = await host.SignIn();
        var dialogs = 0;
        page.Dialog += async (_, dialog) =>
        {
            dialogs++;
            await dialog.DismissAsync();
        };
        await page.GotoAsync("/ui/jobs");
        await Assertions.Expect(page.GetByText(Attack).First).ToBeVisibleAsync();
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = Attack }).First).ToBeVisibleAsync();
        Assert.Equal(0, await page.Locator("main script, main img").CountAsync());
        Assert.Equal(0, dialogs);
    }

    [Fact]
    public async Task EverythingThatMatches_Cancelled_AfterTheNumberWasConfirmed()
    {
        var jobs = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            jobs.Add(await host.Submit(new { task_name = "echo", delay = 3600, tags = new[] { "wrong-batch" } }));
        }
        var page = await host.SignIn();
        await page.GotoAsync("/ui/jobs?tags=wrong-batch");
        await page.GetByRole(AriaRole.Toolbar).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel 3 jobs" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("3 jobs cancelled.");
        foreach (var id in jobs)
        {
            await host.Ends(id, "cancelled");
        }
    }

    [Fact]
    public async Task SelectedJobs_Deleted_LeaveTheOthers()
    {
        var (gone, stays) = (await host.Submit(new { task_name = "echo", tags = new[] { "chosen" } }), await host.Submit(new { task_name = "echo", tags = new[] { "chosen" } }));
        await host.Ends(gone, "completed");
        await host.Ends(stays, "completed");
        var page = await host.SignIn();
        await page.GotoAsync("/ui/jobs?tags=chosen");
        await page.GetByLabel($"Select {gone}").CheckAsync();
        await page.GetByRole(AriaRole.Toolbar).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete 1 jobs" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel($"Select {gone}")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByLabel($"Select {stays}")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task NewJob_ByTheFormOfItsTask_Runs()
    {
        var page = await host.SignIn();
        await page.GotoAsync("/ui/jobs/new");
        await page.GetByLabel("Task").SelectOptionAsync("sleep");
        await page.GetByLabel("How long, in seconds").FillAsync("0.1");
        await page.GetByLabel("Title").FillAsync("From the form");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "From the form" })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("main > p .status")).ToHaveTextAsync("completed", new() { Timeout = 15_000 });
    }

    [Fact]
    public async Task Schedule_Created_ShowsItsNextRunsAndRunsNow()
    {
        var page = await host.SignIn();
        await page.GotoAsync("/ui/schedules/new");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(Attack);
        await page.GetByLabel("Task").SelectOptionAsync("echo");
        await page.GetByLabel("Cron expression", new() { Exact = true }).FillAsync("not cron");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("cron_expression");
        await page.GetByLabel("Time zone").FillAsync("Europe/Berlin");
        await page.GetByLabel("Cron expression", new() { Exact = true }).FillAsync("0 6 1 1 *");
        await Assertions.Expect(page.GetByLabel("Next runs").Locator("li")).ToHaveCountAsync(5);
        await Assertions.Expect(page.GetByLabel("Next runs").Locator("li").First).ToContainTextAsync("-01-01T06:00:00+01:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = Attack })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("main ol li")).Not.ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        await Assertions.Expect(page.Locator("main table .status").First).ToHaveTextAsync("completed", new() { Timeout = 15_000 });
        Assert.Equal(0, await page.Locator("main script, main img").CountAsync());
    }

    [Fact]
    public async Task Schedules_Many_AreFoundByTextAndPage()
    {
        await Task.WhenAll(Enumerable.Range(0, 101).Select(n => host.Post("/api/v1/schedules", new { name = $"paged-{n:000}", task_name = "echo", interval = new { days = n + 1 } })));
        var page = await host.SignIn();
        await page.GotoAsync("/ui/schedules");
        await page.GetByLabel("Text").FillAsync("paged-");
        await page.GetByLabel("State").SelectOptionAsync("active");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Assertions.Expect(page.Locator(".pager")).ToContainTextAsync("101 schedules");
        await Assertions.Expect(page.Locator("main tbody tr")).ToHaveCountAsync(100);
        await page.GetByRole(AriaRole.Link, new() { Name = "Later" }).ClickAsync();
        await Assertions.Expect(page.Locator("main tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("main tbody tr")).ToContainTextAsync("paged-100");
        await page.GetByRole(AriaRole.Link, new() { Name = "Earlier" }).ClickAsync();
        await Assertions.Expect(page.Locator("main tbody tr")).ToHaveCountAsync(100);
        await page.GotoAsync("/ui/schedules?text=paged-&status=paused");
        await Assertions.Expect(page.GetByText("No schedule fits.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Schedule_Changed_KeepsWhatTheFormDoesNotShow()
    {
        var id = (await host.Post("/api/v1/schedules", new { name = "Sweep", task_name = "echo", interval = new { minutes = 90 }, args = new[] { 7 }, metadata = new { team = "night" }, max_retries = 4, description = "old" })).GetProperty("id").GetString();
        var page = await host.SignIn();
        await page.GotoAsync($"/ui/schedules/{id}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Change" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Every")).ToHaveValueAsync("90");
        await page.GetByLabel("Every").FillAsync("2");
        await page.GetByLabel("Unit").SelectOptionAsync("hours");
        await page.GetByLabel("Description").FillAsync("");
        await page.GetByLabel("While the last job").SelectOptionAsync("skip");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByText("every 2 hours")).ToBeVisibleAsync();
        var schedule = await host.Get($"/api/v1/schedules/{id}");
        Assert.Equal(("night", 7, 4), (schedule.GetProperty("metadata").GetProperty("team").GetString(), schedule.GetProperty("args")[0].GetInt32(), schedule.GetProperty("max_retries").GetInt32()));
        Assert.Equal((JsonValueKind.Null, "skip"), (schedule.GetProperty("description").ValueKind, schedule.GetProperty("overlap_policy").GetString()));
    }

    [Fact]
    public async Task Failures_OfOneKind_AreRetriedTogether()
    {
        var (first, second) = (await host.Submit(new { task_name = "fail", max_retries = 0, kwargs = new { message = "no such row 17" } }), await host.Submit(new { task_name = "fail", max_retries = 0, kwargs = new { message = "no such row 18" } }));
        await host.Ends(first, "failed");
        await host.Ends(second, "failed");
        var page = await host.SignIn();
        await page.GotoAsync("/ui/failures");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "no such row" });
        await Assertions.Expect(row.GetByRole(AriaRole.Link).First).ToHaveTextAsync("2");
        await row.GetByRole(AriaRole.Button, new() { Name = "Retry all" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Retry 2 jobs" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("2 jobs of fail run again");
    }

    [Fact]
    public async Task Job_TriedAgain_ShowsEachLineOfItsLogOnce()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 2, retry_delay = 2 });
        var page = await host.SignIn();
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.Locator("pre.log")).ToContainTextAsync("#1 warning Attempt 1 fails");
        await Assertions.Expect(page.Locator("main > p .status").First).ToHaveTextAsync("failed", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("pre.log")).ToContainTextAsync("#3 warning Attempt 3 fails");
        await Assertions.Expect(page.Locator("pre.log")).ToContainTextAsync("\"Attempt\":3");
        Assert.Equal(3, (await page.Locator("pre.log").TextContentAsync())!.Trim().Split('\n').Length);
    }

    [Fact]
    public async Task Task_ThatRan_ShowsItsSuccessAndItsRunTimes()
    {
        await host.Ends(await host.Submit(new { task_name = "sleep", kwargs = new { seconds = 0.2 } }), "completed");
        var page = await host.SignIn();
        await Eventually.Holds(async () =>
        {
            await page.GotoAsync("/ui/tasks");
            var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Waits, reporting progress" });
            await Assertions.Expect(row).ToBeVisibleAsync();
            var times = row.GetByRole(AriaRole.Img);
            // How long 0.2 s take depends on what else the machine does
            return await times.CountAsync() == 1 && Regex.IsMatch((await times.GetAttributeAsync("aria-label"))!, @"^Run times of \d+ jobs: up to [\d.]+ m?s \d") && (await row.TextContentAsync())!.Contains("100.0 %", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Job_Cloned_LeadsToTheClone()
    {
        var id = await host.Submit(new { task_name = "echo", title = "Original", kwargs = new { password = "hunter2", it = "o'clock" } });
        await host.Ends(id, "completed");
        var page = await host.SignIn();
        await page.GotoAsync($"/ui/jobs/{id}");
        await page.GetByText("As curl").ClickAsync();
        await Assertions.Expect(page.Locator("details pre")).ToContainTextAsync("o'\\''clock");
        Assert.DoesNotContain("hunter2", await page.ContentAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Clone" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex($"/ui/jobs/(?!{id})"));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Original" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Viewer_SeesEveryPage_WithoutActions()
    {
        var key = (await host.Post("/api/v1/api-keys", new { name = "watcher", permissions = new[] { "view_jobs" } })).GetProperty("key").GetString();
        await host.Ends(await host.Submit(new { task_name = "fail", max_retries = 0 }), "failed");
        var page = await host.SignIn(key);
        foreach (var (path, heading) in new[] { ("", "Home"), ("jobs", "Jobs"), ("failures", "Failures"), ("queues", "Queues"), ("schedules", "Schedules"), ("workers", "Workers"), ("tasks", "Tasks"), ("health", "Health") })
        {
            await page.GotoAsync($"/ui/{path}");
            await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = heading, Exact = true })).ToBeVisibleAsync();
            await Assertions.Expect(page.Locator("main .status, main td, main .empty").First).ToBeVisibleAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
            await Assertions.Expect(page.Locator("main button:not([type=submit])")).ToHaveCountAsync(0);
        }
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Audit" })).ToHaveCountAsync(0);
        await page.GotoAsync("/ui/audit");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("admin");
    }

    [Fact]
    public async Task Times_AreInTheBrowsersZone_WithTheUtcTimeBesides()
    {
        var id = await host.Submit(new { task_name = "echo" });
        await host.Ends(id, "completed");
        var page = await host.SignIn(zone: "Asia/Kolkata");
        await page.GotoAsync($"/ui/jobs/{id}");
        var time = page.Locator("dl time").First;
        await Assertions.Expect(time).ToBeVisibleAsync();
        var at = DateTimeOffset.Parse((await time.GetAttributeAsync("datetime"))!, CultureInfo.InvariantCulture);
        await Assertions.Expect(time).ToHaveTextAsync(at.ToOffset(new(5, 30, 0)).ToString("MMM d HH:mm:ss", CultureInfo.InvariantCulture));
        await Assertions.Expect(time).ToHaveAttributeAsync("title", at.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) + " UTC");
    }

    [Fact]
    public async Task Theme_Switched_IsRemembered()
    {
        var page = await host.SignIn();
        await page.GetByRole(AriaRole.Button, new() { Name = "Light or dark" }).ClickAsync();
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.GotoAsync("/ui/jobs");
        Assert.Equal("rgb(17, 22, 29)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    /// <summary>The rules of axe-core, whose violations of these two kinds keep people from using a page.</summary>
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Pages_HaveNoSeriousAccessibilityProblem(ColorScheme scheme)
    {
        var script = Path.Combine(Repository.Root, "eng/axe/node_modules/axe-core/axe.min.js");
        Assert.True(File.Exists(script), "axe-core is missing: npm ci in eng/axe");
        var axe = await File.ReadAllTextAsync(script);
        var failed = await host.Submit(new { task_name = "fail", max_retries = 0 });
        await host.Ends(failed, "failed");
        var schedule = (await host.Post("/api/v1/schedules", new { name = "Nightly", task_name = "echo", cron_expression = "0 3 * * *" })).GetProperty("id").GetString();
        var page = await host.SignIn(scheme: scheme);
        foreach (var path in new[] { "", "jobs", $"jobs/{failed}", "jobs/new?task=sleep", "failures", "queues", "schedules", "schedules/new", $"schedules/{schedule}/edit", "workers", "tasks", "health", "audit", "queues/default", "keys" })
        {
            await page.GotoAsync($"/ui/{path}");
            await Assertions.Expect(page.Locator("main .status, main td, main form.fields, main .empty").First).ToBeVisibleAsync();
            await page.EvaluateAsync(axe);
            var problems = await page.EvaluateAsync<string[]>("async () => (await axe.run()).violations.filter(x => ['serious', 'critical'].includes(x.impact)).map(x => x.id + ': ' + x.nodes.map(n => n.html).slice(0, 3).join(' '))");
            Assert.True(problems.Length == 0, $"/ui/{path} in {scheme}: {string.Join('\n', problems)}");
        }
    }

    [Fact]
    public async Task Queue_Limited_KeepsItsLimits()
    {
        await host.Submit(new { task_name = "echo", queue_name = "narrow", delay = 3600 });
        var page = await host.SignIn();
        await page.GotoAsync("/ui/queues/narrow");
        await page.GetByLabel("Jobs at once").FillAsync("3");
        await page.GetByLabel("Starts", new() { Exact = true }).FillAsync("20");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        var limits = (await host.Get("/api/v1/queues/narrow")).GetProperty("limits");
        Assert.Equal((3, 20), (limits.GetProperty("max_concurrency").GetInt32(), limits.GetProperty("rate_limit").GetProperty("limit").GetInt32()));
    }

    [Fact]
    public async Task Key_Issued_IsShownOnceAndRevoked()
    {
        var page = await host.SignIn();
        await page.GotoAsync("/ui/keys");
        await page.GetByLabel("Name").FillAsync(Attack);
        await page.GetByLabel("Permission").SelectOptionAsync("view_jobs");
        await page.GetByRole(AriaRole.Button, new() { Name = "Issue" }).ClickAsync();
        var key = await page.GetByRole(AriaRole.Status).Locator("pre").TextContentAsync();
        await host.SignIn(key);
        await page.GotoAsync("/ui/keys");
        Assert.DoesNotContain(key!, await page.ContentAsync());
        await page.GetByRole(AriaRole.Row).Filter(new() { HasText = Attack }).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = Attack }).GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
    }
}
