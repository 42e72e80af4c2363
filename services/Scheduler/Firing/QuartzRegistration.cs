using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Postgres;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Registers firing. Quartz on PostgreSQL is one cluster of all instances. Without PostgreSQL it runs in memory, because all state that has
/// to survive is in the table of schedules.
/// </summary>
static class QuartzRegistration
{
    const string ClusterName = "jobsystem";
    const int Threads = 4;

    /// <summary>Interval at which an idle instance looks for triggers that another one has added.</summary>
    static readonly TimeSpan idleWait = TimeSpan.FromSeconds(2);

    public static void AddFiring(this IHostApplicationBuilder builder, SchedulerOptions options)
    {
        var services = builder.Services;
        services.AddSingleton<JobApiClient>();
        services.AddSingleton<FiringPass>();
        services.AddSingleton<JobSender>();
        services.AddDuties(provider => provider.GetRequiredService<JobSender>().Duties());
        services.AddSingleton<ScheduleMigration>();
        services.AddDuty<QuartzSupervisor>();
        var url = builder.Configuration.Optional(PostgresUrl.Setting);
        services.AddQuartz(quartz =>
        {
            quartz.UseDefaultThreadPool(Threads);
            // How often passes are made is a matter of real time, whatever the clock of schedules is
            quartz.UseTimeProvider(TimeProvider.System);
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = ClusterName;
                scheduler.GenerateInstanceId = true;
                scheduler.IdleWaitTime = idleWait;
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.WhenWaitingForJobs;
            });
            if (url is null)
            {
                quartz.UseInMemoryStore();
            }
            else
            {
                var connection = StorageRegistration.ConnectionString(url, builder.Environment.ApplicationName, poolSize: 8);
                quartz.UsePersistentStore(store => UseCluster(store, connection, options.Checkin));
            }
        });
    }

    static void UseCluster(IPersistentStoreBuilder store, string connectionString, TimeSpan checkin)
    {
        store.UsePostgres(connectionString);
        store.UseSystemTextJsonSerializer();
        store.ConfigureStore(options =>
        {
            options.TablePrefix = "qrtz_";
            // Without this lock, clusters fired twice in tests
            options.AcquireTriggersWithinLock = true;
            options.MisfireThreshold = TimeSpan.FromSeconds(10);
            options.CommandTimeout = TimeSpan.FromSeconds(4);
        });
        store.UseClustering(cluster =>
        {
            cluster.CheckinInterval = checkin;
            cluster.CheckinMisfireThreshold = checkin;
        });
    }
}
