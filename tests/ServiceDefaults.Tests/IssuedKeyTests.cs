using System.Collections.Concurrent;
using System.Net;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>Issued keys, as a service knows them that has to ask about them.</summary>
public sealed class IssuedKeyTests : IAsyncLifetime
{
    readonly Source source = new();
    readonly FakeTimeProvider time = new();
    TestService service = null!;
    Func<Task<bool>> stillGood = null!;

    public async Task InitializeAsync() => service = await TestService.Start(
        builder =>
        {
            builder.Services.AddSingleton(source);
            builder.Services.AddApiKeyStore<Source>();
            builder.AddJobSystemAuthentication();
        },
        app =>
        {
            app.MapGet("/me", (CallerScope viewer) => $"{viewer.Owner}: {Permissions.Word(viewer.Granted)}").RequireCaller();
            app.MapGet("/long", (HttpContext http) =>
            {
                var standing = new StandingCredentials(http);
                stillGood = () => standing.AreGood(app.Services, CancellationToken.None);
            }).RequireCaller();
            app.MapGet("/open", () => "yes").AllowAnonymous();
        });

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Key_Issued_IsItsOwner()
    {
        using var answer = await Get("/me", source.Issue("alice", Permission.ViewJobs));

        Assert.Equal("alice: view_jobs", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("jsk_short")]
    [InlineData("jsk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF")]
    [InlineData("xxx_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("jsk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeff")]
    public async Task Key_ThatCannotBeOne_IsNotAskedAbout(string key)
    {
        using var answer = await Get("/me", key);

        await TestService.Problem(answer, 401);
        Assert.Empty(source.Questions);
    }

    [Fact]
    public async Task Key_OnAnOpenRoute_IsNotAskedAbout()
    {
        using var answer = await Get("/open", ApiKey.Create());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(source.Questions);
    }

    [Fact]
    public async Task Source_Away_Answers503ForKeysAndNothingElse()
    {
        source.IsAway = true;
        using var unchecked_ = await Get("/me", ApiKey.Create());
        using var admin = await Get("/me", TestService.Key);

        await TestService.Problem(unchecked_, 503);
        Assert.NotNull(unchecked_.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
    }

    /// <summary>An answer that goes on is checked as a new request would be; that nobody can say ends nothing.</summary>
    [Fact]
    public async Task StandingCredentials_AreGoodUntilTheKeyIsKnownToHaveEnded()
    {
        var key = source.Issue("alice", Permission.ViewJobs);
        (await Get("/long", key)).Dispose();
        Assert.True(await stillGood());

        source.IsAway = true;
        await Eventually.Holds(async () =>
        {
            Assert.True(await stillGood());
            return source.Questions.Count > 1;
        }, TimeSpan.FromSeconds(10));
        source.IsAway = false;
        source.Revoke(key);

        await Eventually.Holds(async () => !await stillGood(), TimeSpan.FromSeconds(10));
        (await Get("/long", TestService.Key)).Dispose();
        Assert.True(await stillGood());
    }

    [Fact]
    public async Task Find_AskedAgain_BelievesForOneSecond()
    {
        var directory = new ApiKeyDirectory(source, time);
        var key = source.Issue("alice", Permission.None);
        Assert.NotNull(await directory.Find(key, default));
        source.Revoke(key);

        Assert.NotNull(await directory.Find(key, default));
        Assert.Single(source.Questions);
        time.Advance(TimeSpan.FromSeconds(1.001));
        Assert.Null(await directory.Find(key, default));
        Assert.Equal(2, source.Questions.Count);
    }

    [Fact]
    public async Task Find_KeyThatExpiresMeanwhile_IsNotValidAnyMore()
    {
        var directory = new ApiKeyDirectory(source, time);
        var key = source.Issue("alice", Permission.None, time.GetUtcNow().AddMilliseconds(300));
        Assert.NotNull(await directory.Find(key, default));

        time.Advance(TimeSpan.FromMilliseconds(300));

        Assert.Null(await directory.Find(key, default));
    }

    [Fact]
    public async Task Find_Forgotten_AsksAgain()
    {
        var directory = new ApiKeyDirectory(source, time);
        var key = source.Issue("alice", Permission.None);
        await directory.Find(key, default);
        source.Revoke(key);

        directory.Forget(ApiKey.Hash(key));

        time.Advance(TimeSpan.FromMilliseconds(60));
        Assert.Null(await directory.Find(key, default));
    }

    /// <summary>However fast somebody makes up keys: one question at a time, and a pause after each.</summary>
    [Fact]
    public async Task Find_ManyStrangers_AreFewQuestions()
    {
        var directory = new ApiKeyDirectory(source, TimeProvider.System);
        var start = TimeProvider.System.GetTimestamp();

        // On a machine that is busy some give up waiting; what they cost is the same
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(async _ =>
        {
            try
            {
                Assert.Null(await directory.Find(ApiKey.Create(), default));
            }
            catch (CredentialsUncheckedException late) when (late.InnerException is TimeoutException)
            {
            }
        }));

        var elapsed = TimeProvider.System.GetElapsedTime(start);
        Assert.Equal(1, source.MostAtOnce);
        Assert.InRange(source.Questions.Count, 5, 5 + (elapsed.TotalMilliseconds / 50));
    }

    [Fact]
    public async Task Find_BeyondWhatMayWait_IsRefusedAtOnce()
    {
        source.Gate = new();
        var directory = new ApiKeyDirectory(source, time);
        var asked = Enumerable.Range(0, 3000).Select(_ => directory.Find(ApiKey.Create(), default).AsTask()).ToList();

        Assert.InRange(asked.Count(x => x.IsFaulted), 500, 1000);
        Assert.All(asked.Where(x => x.IsFaulted), x => Assert.IsType<CredentialsUncheckedException>(x.Exception!.InnerException));
        source.Gate.SetResult();
        // the pause between two questions is over when the clock says so
        await Eventually.Holds(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            return Task.FromResult(asked.All(x => x.IsCompleted));
        }, TimeSpan.FromSeconds(30));
        Assert.All(asked.Where(x => !x.IsFaulted), x => Assert.True(x.IsCompletedSuccessfully));
    }

    /// <summary>While strangers wait for their turn, a key that was valid a moment ago does not.</summary>
    [Fact]
    public async Task Find_KnownKey_DoesNotQueueBehindStrangers()
    {
        var directory = new ApiKeyDirectory(source, time);
        var key = source.Issue("alice", Permission.None);
        await directory.Find(key, default);
        time.Advance(TimeSpan.FromSeconds(2));
        var strangers = Enumerable.Range(0, 500).Select(_ => directory.Find(ApiKey.Create(), default).AsTask()).ToList();

        // the strangers' next question waits for a clock that stands still
        Assert.NotNull(await directory.Find(key, default).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Contains(strangers, x => !x.IsCompleted);
    }

    async Task<HttpResponseMessage> Get(string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-API-Key", key);
        return await service.Http.SendAsync(request);
    }

    sealed class Source : IApiKeySource
    {
        readonly ConcurrentDictionary<string, IssuedKey> keys = new();
        int now;

        public ConcurrentQueue<int> Questions { get; } = new();
        public bool IsAway { get; set; }
        public TaskCompletionSource? Gate { get; set; }
        public int MostAtOnce { get; private set; }

        public string Issue(string owner, Permission granted, DateTimeOffset? expiresAt = null)
        {
            var key = ApiKey.Create();
            keys[ApiKey.Hash(key)] = new(ApiKey.Hash(key), owner, granted, expiresAt);
            return key;
        }

        public void Revoke(string key) => keys.TryRemove(ApiKey.Hash(key), out _);

        public async Task<IReadOnlyList<IssuedKey>> Find(IReadOnlyList<string> hashes, CancellationToken cancellationToken)
        {
            Questions.Enqueue(hashes.Count);
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref now));
            await Task.Yield();
            await (Gate?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
            Interlocked.Decrement(ref now);
            return IsAway ? throw new TimeoutException("away") : [.. hashes.Select(x => keys.GetValueOrDefault(x)).OfType<IssuedKey>()];
        }
    }
}
